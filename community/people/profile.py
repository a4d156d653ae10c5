"""What members show of themselves, and what they prefer: the rules for each, asked by page and API alike."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from community.people.models import Member
from community.people.names import LIKE_AN_ADDRESS, is_kept_for_the_shop, name_key
from community.people.relations import require_not_silenced
from dropshop.core.errors import Invalid
from dropshop.core.members import lock_open_account
from dropshop.core.text import clean_text
from dropshop.core.transactions import after_commit, retrying

NAME_LENGTH = 60
BIO_LENGTH = 300
PICTURE_PIXELS = 512  # wide and high


def clean_display_name(text: str, *, member: Member) -> str:
    """The name in one line, in any script; "" for none. Raises Invalid, also for a name that looks like another member's."""
    name = clean_text(text, limit=NAME_LENGTH, field="display_name", required=False, lines=False)
    if not name or name == member.display_name:
        return name
    require_not_silenced(member)
    key = name_key(name)
    if LIKE_AN_ADDRESS.search(name):
        raise Invalid(errors={"display_name": ["This looks like an e-mail address. Choose a name."]})
    if is_kept_for_the_shop(name):
        raise Invalid(errors={"display_name": ["This name is kept for the shop. Choose another."]})
    if Member.objects.filter(name_key=key).exclude(pk=member.pk).exists():
        raise Invalid(errors={"display_name": ["This looks like another member's username. Choose another."]})
    return name


def clean_bio(text: str, *, member: Member) -> str:
    """The text, cleaned like all that members write. Raises Invalid, and Forbidden where a silenced member changes it."""
    if text != member.bio:
        require_not_silenced(member)
    return clean_text(text, limit=BIO_LENGTH, field="bio", required=False)


@retrying
def store(member: Member, **changes: Any) -> None:
    """Stores these columns of the member's, whose values are cleaned. Raises NotAuthenticated for a closed account."""
    with transaction.atomic():
        lock_open_account(member)
        for name, value in changes.items():
            setattr(member, name, value)
        member.save(update_fields=[*changes])


def show_picture(member: Member, drawn: ContentFile | None) -> None:
    """The picture is the member's face from now on, None: the one drawn from their name. Raises Forbidden for a new one of a
    silenced member. The file of the old one goes when this is certain.
    """
    if drawn is not None:
        require_not_silenced(member)
    with transaction.atomic():
        locked = lock_open_account(member)
        old = str(locked.picture)
        locked.picture = drawn or ""
        locked.save(update_fields=["picture"])
        member.picture = locked.picture
        if old:
            after_commit(default_storage.delete, old)
