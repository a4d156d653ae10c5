"""Who sends a request without a pass, found for a whole batch at a time, as the ordinary view finds it for one; and whether the
passes of a batch still hold.

Whoever sends one without a pass is only admitted here. Why the others are not, the ordinary view says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from drops.models import Drop
from dropshop.core.api.sign_ins import ShownSignIn, members_of
from dropshop.core.errors import NotAuthenticated
from dropshop.core.ids import parse_id
from dropshop.core.members import Member
from dropshop.core.sql import CompiledQuery, rows
from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.passes import requirements, tokens

DOOR = UUID(int=0)  # in place of a drop's id: all stand in one line, whatever drop they ask for


class Newcomer(NamedTuple):
    """Somebody with a sign-in who asks for this: the id or slug of a drop, or the id of a hold."""

    shown: ShownSignIn
    subject: str


class Admitted(NamedTuple):
    """A member who may, and the drop that is meant."""

    member_id: UUID
    drop_id: UUID


class Admission:
    """A line in front of the lines of the drops."""

    def __init__(self, desk: GroupCommit, admit: Callable[[Sequence[Newcomer]], list[Admitted | None]], *, rank: int) -> None:
        """`admit` answers for each of a batch; it blocks."""
        self._line = Batcher(desk, lambda _, newcomers, known, nearly_done: admit(newcomers), rank=rank)

    async def of(self, newcomer: Newcomer) -> Admitted | None:
        """The member and the drop; None where the ordinary view must say what is wrong. Raises Busy.

        None also where too many stand in line: at the ordinary view addresses take turns, and nobody keeps the others out.
        """
        admitted: Admitted | None = None if self._line.is_full(DOOR) else await self._line.ask(DOOR, newcomer)
        return admitted


def pass_faults(tickets: Sequence[tokens.PassClaims | None]) -> list[NotAuthenticated | None]:
    """Why each of these passes holds no longer; None for those that do, and for requests without a pass. Blocking."""
    passes = [ticket for ticket in tickets if ticket is not None]
    reasons = iter(tokens.invalid_reasons(passes) if passes else ())
    found = [None if ticket is None else next(reasons) for ticket in tickets]
    return [NotAuthenticated(reason) if reason else None for reason in found]


_drops = CompiledQuery(lambda ids: Drop.objects.published().filter(pk__among=ids))
_drops_named = CompiledQuery(lambda slugs: Drop.objects.published().filter(slug__among=slugs))


def admit_to_drops(newcomers: Sequence[Newcomer]) -> list[Admitted | None]:
    """Those who are signed in and lack nothing to reserve in the drop that they name. Blocking."""
    members = members_of([newcomer.shown for newcomer in newcomers])
    drops = _found({newcomer.subject for newcomer in newcomers})
    asking: dict[UUID, dict[UUID, Member]] = {}
    for newcomer, member in zip(newcomers, members, strict=True):
        if member is not None and (drop := drops.get(newcomer.subject)) is not None:
            asking.setdefault(drop.pk, {})[member.pk] = member
    by_id = {drop.pk: drop for drop in drops.values()}
    lacking = {pk: requirements.lacking(each.values(), by_id[pk]) for pk, each in asking.items()}
    pairs = zip(newcomers, members, strict=True)
    return [_admitted(member, drops.get(newcomer.subject), lacking) for newcomer, member in pairs]


def _admitted(member: Member | None, drop: Drop | None, lacking: Mapping[UUID, Collection[UUID]]) -> Admitted | None:
    if member is None or drop is None or member.pk in lacking[drop.pk]:
        return None
    return Admitted(member.pk, drop.pk)


HOLDS = """
SELECT hold.id, hold.member_id, hold.drop_id
  FROM unnest(%(ids)s::uuid[]) AS given(id) JOIN {reservation} AS hold ON hold.id = given.id
"""


def admit_to_holds(newcomers: Sequence[Newcomer]) -> list[Admitted | None]:
    """Those who are signed in and name a hold of their own, whether or not it has ended. Blocking."""
    members = members_of([newcomer.shown for newcomer in newcomers])
    holds = {pk: (member, drop) for pk, member, drop in rows(HOLDS, ids={UUID(newcomer.subject) for newcomer in newcomers})}
    found = [holds.get(UUID(newcomer.subject)) for newcomer in newcomers]
    return [
        Admitted(*hold) if hold is not None and member is not None and hold[0] == member.pk else None
        for hold, member in zip(found, members, strict=True)
    ]


def _found(subjects: Collection[str]) -> dict[str, Drop]:
    """The published drop that each of these ids and slugs means, where there is one."""
    ids = {subject: pk for subject in subjects if (pk := parse_id(subject)) is not None}
    slugs = [subject for subject in subjects if subject not in ids]
    by_id = {drop.pk: drop for drop in _drops([*ids.values()])} if ids else {}
    found = {subject: by_id[pk] for subject, pk in ids.items() if pk in by_id}
    return found | ({drop.slug: drop for drop in _drops_named(slugs)} if slugs else {})
