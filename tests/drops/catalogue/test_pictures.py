"""Photographs: drawn anew, or refused."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image

from dropshop.core import pictures
from dropshop.core.pictures import InvalidPicture, reencode
from tests.harness.admin_forms import errors, fields
from tests.make import make_sneaker


def drawn(kind="PNG", size=(60, 40), name=None, mode="RGB", **options):
    """An uploaded picture of this kind."""
    file = BytesIO()
    Image.new(mode, size, "#e5381a" if mode != "P" else 3).save(file, kind, **options)
    return SimpleUploadedFile(name or f"shoe.{kind.lower()}", file.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_picture_of_each_kind_is_stored_as_webp(kind):
    stored = Image.open(reencode(drawn(kind)))
    assert (stored.format, stored.size, stored.mode) == ("WEBP", (60, 40), "RGB")


def test_nothing_that_came_along_is_kept():
    notes = Image.Exif()
    notes[0x010E] = "home is at 52.5, 13.4"
    stored = Image.open(reencode(drawn("JPEG", exif=notes, comment=b"<script>alert(1)</script>")))
    assert (dict(stored.getexif()), {"exif", "comment", "xmp"} & set(stored.info)) == ({}, set())


def test_a_picture_that_lies_on_its_side_is_stored_upright():
    turned = Image.Exif()
    turned[0x0112] = 6
    assert Image.open(reencode(drawn("JPEG", exif=turned))).size == (40, 60)


def test_a_large_picture_is_made_as_large_as_screens_need():
    assert Image.open(reencode(drawn("JPEG", (6000, 3000)))).size == (2400, 1200)


def test_what_is_transparent_stays_so():
    assert Image.open(reencode(drawn("PNG", mode="RGBA"))).mode == "RGB"
    see_through = BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(see_through, "PNG")
    assert Image.open(reencode(SimpleUploadedFile("shoe.png", see_through.getvalue()))).mode == "RGBA"


def png_header(width, height):
    """A PNG of which nothing is there but the claim to be that large."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


@pytest.mark.parametrize("side", [6_400, 12_000, 60_000])
def test_42_a_pixel_bomb_is_refused_by_its_header(side):
    with pytest.raises(InvalidPicture, match="more than 40 million pixels"):
        reencode(SimpleUploadedFile("bomb.png", png_header(side, side)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("shoe.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("shoe.png", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("shoe.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
        ("shoe.jpg", b"<html><script>alert(1)</script></html>"),
        ("shoe.png", b""),
        ("shoe.tiff", b"II*\x00\x08\x00\x00\x00\x00\x00"),
    ],
)
def test_42_svg_and_what_is_no_picture_is_refused(name, content):
    with pytest.raises(InvalidPicture, match="no JPEG, PNG, WebP or AVIF"):
        reencode(SimpleUploadedFile(name, content))


def test_a_name_that_says_something_else_is_refused():
    with pytest.raises(InvalidPicture, match=r"“shoe.html” says something else than its content, which is PNG"):
        reencode(drawn("PNG", name="shoe.html"))


def test_a_picture_that_is_cut_off_is_refused():
    whole = drawn("PNG", (400, 400)).read()
    with pytest.raises(InvalidPicture, match="damaged"):
        reencode(SimpleUploadedFile("shoe.png", whole[: len(whole) // 2]))


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(InvalidPicture, match="larger than 8 MB"):
        reencode(SimpleUploadedFile("shoe.png", b"\0" * (pictures.MAX_PICTURE_BYTES + 1)))


def test_an_editor_adds_a_picture_and_the_shop_serves_it(editor, sign_in, tmp_path):
    with override_settings(MEDIA_ROOT=tmp_path):
        sneaker, client = make_sneaker(), sign_in(editor)
        address = f"/admin/drops/sneaker/{sneaker.pk}/change/"
        form = fields(client.get(address), "sneaker_form")
        given = {"pictures-0-image": drawn("JPEG", name="my home.jpeg"), "pictures-0-alt": "From the side"}
        assert client.post(address, form | given).status_code == 302
        picture = sneaker.pictures.get()
        assert picture.image.name.startswith("sneakers/")
        assert "home" not in picture.image.name
        answer = client.get(picture.image.url)
        assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (200, "image/webp", "nosniff")
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert Image.open(BytesIO(b"".join(answer.streaming_content))).format == "WEBP"


def test_an_editor_is_told_why_a_picture_is_refused(editor, sign_in):
    sneaker, client = make_sneaker(), sign_in(editor)
    address = f"/admin/drops/sneaker/{sneaker.pk}/change/"
    form = fields(client.get(address), "sneaker_form")
    given = {"pictures-0-image": SimpleUploadedFile("bomb.png", png_header(9000, 9000)), "pictures-0-alt": "Boom"}
    assert errors(client.post(address, form | given)) == ["The picture has more than 40 million pixels."]
    assert not sneaker.pictures.exists()


@pytest.mark.parametrize("path", ["../settings.py", "..%2fservices.json", "sneakers/none.webp", "secrets.json", "sneakers"])
def test_media_gives_out_nothing_but_pictures_of_its_own(client, tmp_path, db, path):
    (tmp_path / "media" / "sneakers").mkdir(parents=True)
    (tmp_path / "services.json").write_text("{}")
    (tmp_path / "media" / "secrets.json").write_text("{}")
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        assert client.get(f"/media/{path}").status_code == 404
