"""Whether what notices tell of is still there and still so when their e-mails are written: hours later, perhaps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Protocol
from uuid import UUID

from community.notifications.models import Notice
from community.people.models import Member
from community.people.relations import hidden_from_each
from community.people.subjects import Reportable, reportables
from dropshop.core.hooks import Registry


class Stands(Protocol):
    """Of these notices, all about things with one word, those that still stand. `notices` have the ids of the things, `hidden`
    the members who are out of a member's sight, by that member's id."""

    def __call__(self, notices: dict[Notice, UUID], /, *, hidden: Mapping[UUID, set[UUID]]) -> Iterable[Notice]: ...


# By the first word of a cause ("trade:<id>"), for what needs more than being visible.
checks: Registry[Stands] = Registry("community.notice_emails.checks")


def standing(notices: Mapping[Member, Iterable[Notice]]) -> dict[Member, list[Notice]]:
    """Of each member's notices those about what they may still see, by nobody whom they have blocked or muted.

    It takes as many statements for a crowd as for one: what they are told of is often the same.
    """
    told, hidden = {member: list(theirs) for member, theirs in notices.items()}, hidden_from_each(notices)
    by_word = defaultdict[str, dict[Notice, UUID]](dict)
    for notice in chain(*told.values()):
        word, pk = about(notice)
        if pk is not None:
            by_word[word][notice] = pk
    gone: set[Notice] = set()
    for word, ids in by_word.items():
        seen = _seen(word, ids, {member.pk: member for member in told}, hidden)
        still = checks[word](seen, hidden=hidden) if word in checks.names() else seen
        gone |= set(ids) - set(still)
    return {member: [notice for notice in theirs if notice not in gone] for member, theirs in told.items()}


def about(notice: Notice) -> tuple[str, UUID | None]:
    """The first word of the notice's cause, and the id of the thing; None where there is none."""
    word, _, rest = notice.cause.partition(":")
    try:
        return word, UUID(rest.partition(":")[0])
    except ValueError:
        return word, None


def _seen(
    word: str, ids: dict[Notice, UUID], members: Mapping[UUID, Member], hidden: Mapping[UUID, set[UUID]]
) -> dict[Notice, UUID]:
    """Those about things that their members see; all of them where it is a kind that nobody can hide."""
    kind = next((kind for kind in reportables() if kind.name == word), None)
    if kind is None:
        return ids
    alike = defaultdict[object, dict[Notice, UUID]](dict)  # what one look answers: see `Reportable.visible`
    owners = _owners(kind, ids.values(), members)
    for notice, pk in ids.items():
        owner = notice.member_id if notice.member_id in owners else None
        alike[owner, frozenset(hidden[notice.member_id])][notice] = pk
    seen: dict[Notice, UUID] = {}
    for group in alike.values():
        one = next(iter(group)).member_id
        there = _visible_ids(kind, group.values(), members[one], hidden[one])
        seen |= {notice: pk for notice, pk in group.items() if pk in there}
    return seen


def _owners(kind: Reportable, ids: Iterable[UUID], members: Iterable[UUID]) -> set[UUID]:
    """Those of the members who own one of these things."""
    if not kind.owner:
        return set()
    theirs = kind.model._default_manager.filter(**{"pk__in": {*ids}, f"{kind.owner}__in": [*members]})
    return {*theirs.values_list(kind.owner, flat=True)}


def _visible_ids(kind: Reportable, ids: Iterable[UUID], member: Member, hidden: set[UUID]) -> set[UUID]:
    """Of the things those that the member may see, and whose owner they have not hidden."""
    found = kind.visible(member).filter(pk__in={*ids})
    if kind.owner:
        found = found.exclude(**{f"{kind.owner}__in": hidden})
    return {thing.pk for thing in found if not kind.is_gone(thing)}
