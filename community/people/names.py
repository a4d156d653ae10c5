"""Which user names there may be (N1): none that looks like another one, like an e-mail address, or like a word of the shop.

Names are compared by their key: NFKC, case-folded, each letter replaced by the one it is confused with (Unicode TR 39, by the
tables of `confusable_homoglyphs`). The name itself is kept as it was typed.
"""

import functools
import re
import unicodedata

from django.core.exceptions import ValidationError

from community.people.key_field import KeyField
from dropshop.core.lookalikes import seen_as
from dropshop.core.members import Member

# Words the shop says itself, and names that a stranger would take for one of us.
RESERVED = [
    "someone",
    "somebody",
    "nobody",
    "anybody",
    "anyone",
    "everyone",
    "everybody",
    "member",
    "members",
    "visitor",
    "shopper",
    "anonymous",
    "unknown",
    "erased",
    "deleted",
    "former",
    "staff",
    "admin",
    "admins",
    "administrator",
    "moderator",
    "moderators",
    "mod",
    "root",
    "superuser",
    "system",
    "sysadmin",
    "operator",
    "owner",
    "support",
    "help",
    "helpdesk",
    "service",
    "security",
    "abuse",
    "postmaster",
    "webmaster",
    "hostmaster",
    "noreply",
    "no-reply",
    "info",
    "contact",
    "official",
    "team",
    "shop",
    "store",
    "dropshop",
    "bot",
    "api",
    "bank",
    "payments",
    "payment",
    "refund",
    "refunds",
    "orders",
    "karma",
    "notices",
    "null",
    "none",
    "undefined",
    "true",
    "false",
    "me",
    "you",
]
ERASED = "erased-"  # the beginning of the name that a member who left has in the records
LIKE_AN_ADDRESS = re.compile(r"\S@\S")


def name_key(name: str) -> str:
    """The same for all names that look alike."""
    spelled = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", spelled.translate(seen_as()).casefold())


@functools.cache
def _reserved() -> frozenset[str]:
    return frozenset(name_key(word) for word in RESERVED)


def is_kept_for_the_shop(name: str) -> bool:
    """Whether it is, or looks like, a word the shop says itself or the name of an erased member."""
    return name_key(name) in _reserved() or name_key(name).startswith(name_key(ERASED))


def is_erased(member: Member) -> bool:
    """Whether this is what is left of a member who has left."""
    return not member.is_active and str(member.username).startswith(ERASED)


def validate_name(name: str) -> None:
    """Raises ValidationError for a name that nobody may take."""
    spelled = unicodedata.normalize("NFKC", name)
    if LIKE_AN_ADDRESS.search(spelled):
        raise ValidationError("This looks like an e-mail address. Choose a name.", code="like_an_address")
    if not any(letter.isalnum() for letter in spelled):
        raise ValidationError("A name has at least one letter or digit.", code="no_letter")
    if is_kept_for_the_shop(name):
        raise ValidationError("This name is kept for the shop. Choose another.", code="reserved")


class NameKeyField(KeyField):
    """The key of the row's `username`."""

    of = "username"

    def key_of(self, text: str) -> str:
        """How the name looks."""
        return name_key(text)
