"""Whether what a notice tells of is still there and still so when its e-mail is written: hours later, perhaps."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

from community.notifications.models import Notice
from community.people.models import Member
from community.people.relations import hidden_from
from community.people.subjects import reportables
from dropshop.core.hooks import Registry

# By the first word of a cause ("trade:<id>"), for what needs more than being visible: of these notices, all about things with
# this word, those that still stand. `ids` are the things', by notice.
Stands = Callable[[Member, dict[Notice, UUID]], Iterable[Notice]]
checks: Registry[Stands] = Registry("community.notice_emails.checks")


def standing(notices: Iterable[Notice], member: Member) -> list[Notice]:
    """Of the member's notices those about what they may still see, by nobody whom they have blocked or muted."""
    all_of_them, by_word = list(notices), defaultdict[str, dict[Notice, UUID]](dict)
    for notice in all_of_them:
        word, pk = about(notice)
        if pk is not None:
            by_word[word][notice] = pk
    gone: set[Notice] = set()
    for word, ids in by_word.items():
        there = visible_ids(word, ids.values(), member)
        seen = ids if there is None else {notice: pk for notice, pk in ids.items() if pk in there}
        still = checks[word](member, seen) if word in checks.names() else seen
        gone |= set(ids) - set(still)
    return [notice for notice in all_of_them if notice not in gone]


def about(notice: Notice) -> tuple[str, UUID | None]:
    """The first word of the notice's cause, and the id of the thing; None where there is none."""
    word, _, rest = notice.cause.partition(":")
    try:
        return word, UUID(rest.partition(":")[0])
    except ValueError:
        return word, None


def visible_ids(word: str, ids: Iterable[UUID], member: Member) -> set[UUID] | None:
    """Of the things of this kind those that the member may see, and whose owner they have not hidden; None for a kind that
    nobody can hide."""
    kind = next((kind for kind in reportables() if kind.name == word), None)
    if kind is None:
        return None
    found = kind.visible(member).filter(pk__in=[*ids])
    if kind.owner:
        found = found.exclude(**{f"{kind.owner}__in": hidden_from(member)})
    return {thing.pk for thing in found if not kind.is_gone(thing)}
