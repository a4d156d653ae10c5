"""What the closet's pages show, and what their forms are sent."""

import re
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import strip_tags
from PIL import Image

SAID = {"size": "9.5", "condition": "3", "price": "120.50", "currency": "USD", "visibility": "members", "notes": "New laces"}


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


def shown(answer):
    """The pairs on a page, in their order."""
    return list(dict.fromkeys(re.findall(r'href="/closet/pairs/([0-9a-f-]{36})/"', answer.content.decode())))


def ids(*pairs):
    return [str(pair.pk) for pair in pairs]


def photo(name="shoe.png", kind="PNG"):
    file = BytesIO()
    Image.new("RGB", (60, 40), "#e5381a").save(file, kind)
    return SimpleUploadedFile(name, file.getvalue())
