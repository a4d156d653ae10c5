"""What members are told of, in groups: for each a member chooses how they hear of it by e-mail. Each app registers its own."""

from typing import NamedTuple

from django.db.models import TextChoices

from dropshop.core.hooks import Registry


class Way(TextChoices):
    """How a member hears of a group by e-mail; in their list of notices they always do."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "In one daily e-mail"
    OFF = "off", "Not by e-mail"


class Group(NamedTuple):
    """Kinds of notices that members choose about together, in plain words."""

    title: str
    kinds: tuple[str, ...] = ()  # of the notices in it
    way: Way = Way.DAILY  # until the member chooses
    hint: str = ""
    is_locked: bool = False  # it must be told: by an e-mail of its own, at once
    for_staff: bool = False


groups: Registry[Group] = Registry("dropshop.notice_groups")


def group_of(kind: str) -> str:
    """The name of the group that this kind of notice belongs to; "" for a kind that nobody has registered."""
    return next((name for name in groups.names() if kind in groups[name].kinds), "")
