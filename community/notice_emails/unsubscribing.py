"""Ending e-mails of one group, or the daily one, by a link in the e-mail that needs no sign-in (RFC 8058)."""

from typing import NamedTuple

from django.core import signing
from django.urls import reverse

from community.notice_emails import choices
from community.people.models import Member
from dropshop.core.errors import NotFound
from dropshop.core.notice_groups import Way, groups

SALT = "community.unsubscribe"
DAILY = "daily"  # instead of a group: all that comes in the daily e-mail


class Link(NamedTuple):
    """Whom a link is for, and of what."""

    member: Member
    of: str

    @property
    def what(self) -> str:
        """What its member no longer gets, as they read it."""
        return "the daily e-mail" if self.of == DAILY else f"e-mails about “{groups[self.of].title}”"


def unsubscribe_path(member: Member, of: str) -> str:
    """The address of the page that ends e-mails of this group, or the daily one. It is good for ever: e-mails are kept."""
    return reverse("unsubscribe", args=[signing.dumps([str(member.pk), of], salt=SALT)])


def opened(token: str) -> Link:
    """What a link says. Raises NotFound where it is not ours, or its member or group is gone."""
    try:
        pk, of = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise NotFound("This link is incomplete. Copy all of it from the e-mail.") from None
    member = Member.objects.filter(pk=pk, is_active=True).first()
    if member is None or (of != DAILY and of not in groups.names()):
        raise NotFound("You get no such e-mails any more.")
    return Link(member, of)


def end(link: Link) -> None:
    """No more e-mails of what the link is of; in their list of notices the member still hears of it."""
    ways = choices.ways_of(link.member)
    ended = [name for name, way in ways.items() if way == Way.DAILY] if link.of == DAILY else [link.of]
    choices.change(link.member, ways={name: Way.OFF for name in ended if name in ways and not groups[name].is_locked})
