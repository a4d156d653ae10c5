"""Relations between members: who may write, who sees whom, blocking and muting."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from community.people.models import Block, Follow, Member, Mute
from dropshop.core.clock import ClockTimestamp
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.members import Viewer, lock_open_account, signed_in
from dropshop.core.transactions import retrying


def lock_writer(member: Member) -> None:
    """Locks the row of a member who writes what others see, until the transaction ends: the first of the rooms' locks.

    Raises NotAuthenticated for a closed account, and Forbidden as `require_not_silenced`.
    """
    lock_open_account(member)
    require_not_silenced(member)


def require_not_silenced(member: Member) -> None:
    """Raises Forbidden (`silenced_until`) if the member is silenced and may not write what others see."""
    silenced = Member.objects.filter(pk=member.pk, silenced_until__gt=ClockTimestamp())
    until = silenced.values_list("silenced_until", flat=True).first()
    if until is not None:
        raise Forbidden(f"A moderator has silenced you until {until:%-d %B %Y, %H:%M} UTC.", silenced_until=until)


def hidden_from(viewer: Viewer) -> set[UUID]:
    """The ids of the members this viewer must not see: blocked in either direction, and muted. Empty for visitors."""
    member = signed_in(viewer)
    return set() if member is None else hidden_from_each([member])[member.pk]


def hidden_from_each(members: Iterable[Member]) -> dict[UUID, set[UUID]]:
    """The same for each of these members, by their ids, in one statement."""
    hidden: dict[UUID, set[UUID]] = {member.pk: set() for member in members}
    blocked = Block.objects.filter(blocker__in=[*hidden]).values_list("blocker_id", "blocked_id")
    blocking = Block.objects.filter(blocked__in=[*hidden]).values_list("blocked_id", "blocker_id")
    muted = Mute.objects.filter(muter__in=[*hidden]).values_list("muter_id", "muted_id")
    for pk, other in blocked.union(blocking, muted):
        hidden[pk].add(other)
    return hidden


def hidden_of(author: Member) -> set[UUID]:
    """The opposite of `hidden_from`: the ids of the members who must not see this author."""
    blocked = Block.objects.filter(blocker=author).values_list("blocked_id", flat=True)
    blocking = Block.objects.filter(blocked=author).values_list("blocker_id", flat=True)
    muting = Mute.objects.filter(muted=author).values_list("muter_id", flat=True)
    return set(blocked.union(blocking, muting))


def are_blocked(one: Any, other: Any) -> bool:
    """Whether one of the two has blocked the other: then neither sees, mentions or trades with the other."""
    return Block.objects.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one)).exists()


def find_member(username: str, *, viewer: Viewer = None) -> Member:
    """The member of this name, in any case, as the viewer may see them. Raises NotFound for unknown names, for former members,
    and for members who have blocked the viewer. Members whom the viewer has blocked are found, so that they can be unblocked.
    """
    found = Member.objects.filter(username__iexact=username, is_active=True) if "\0" not in username else Member.objects.none()
    if (looking := signed_in(viewer)) is not None:
        found = found.exclude(blocks__blocked=looking)
    member = found.first()
    if member is None:
        raise NotFound("There is no such member.")
    return member


def display_name(member: Member | None) -> str | None:
    """The name others read; None for no member, and for members who are deactivated or erased."""
    return member.username if member is not None and member.is_active else None


@retrying
def block(member: Member, other: Member) -> None:
    """Neither sees the other any more, and neither follows the other."""
    _another(member, other)
    with transaction.atomic():
        lock_open_account(member, other)
        Block.objects.bulk_create([Block(blocker=member, blocked=other)], ignore_conflicts=True)
        Follow.objects.filter(Q(follower=member, member=other) | Q(follower=other, member=member)).delete()


def unblock(member: Member, other: Member) -> None:
    """Ends the block; ended follows do not come back."""
    Block.objects.filter(blocker=member, blocked=other).delete()


def mute(member: Member, other: Member) -> None:
    """The member no longer sees what the other writes; the other does not notice."""
    _another(member, other)
    with transaction.atomic():
        lock_open_account(member, other)
        Mute.objects.bulk_create([Mute(muter=member, muted=other)], ignore_conflicts=True)


def unmute(member: Member, other: Member) -> None:
    """The member sees the other again."""
    Mute.objects.filter(muter=member, muted=other).delete()


def _another(member: Member, other: Member) -> None:
    if member.pk == other.pk:
        raise Invalid(errors={"username": ["That is you."]})


def hidden_authors(members: Collection[str]) -> dict[str, set[str]]:
    """For each of these members whom they must not see: blocked, in either direction, or muted by them; one query."""
    ids = [UUID(member) for member in members]
    blocks = Block.objects.filter(blocker__in=ids).values_list("blocker_id", "blocked_id")
    blocked = Block.objects.filter(blocked__in=ids).values_list("blocked_id", "blocker_id")
    mutes = Mute.objects.filter(muter__in=ids).values_list("muter_id", "muted_id")
    hidden: defaultdict[str, set[str]] = defaultdict(set)
    for member, author in blocks.union(blocked, mutes):
        hidden[str(member)].add(str(author))
    return dict(hidden)
