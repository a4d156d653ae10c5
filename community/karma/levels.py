"""Balances and what they unlock: a level is derived from the balance, and is lost with the points."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from community.karma.models import KarmaAccount, KarmaLevel
from dropshop.core.members import Viewer, signed_in


def balance_of(viewer: Viewer) -> int:
    """The viewer's points; 0 for who has never earned any, and for visitors."""
    member = signed_in(viewer)
    if member is None:
        return 0
    return KarmaAccount.objects.filter(member=member).values_list("balance", flat=True).first() or 0


def level_of(viewer: Viewer) -> KarmaLevel | None:
    """What the viewer's balance unlocks now; None below the lowest level, and for visitors."""
    member = signed_in(viewer)
    if member is None:
        return None
    return KarmaLevel.objects.filter(threshold__lte=balance_of(member)).order_by("-threshold").first()


def balances_of(members: Iterable[UUID]) -> dict[UUID, int]:
    """The points of each of these members (given by their ids), in one statement."""
    ids = set(members)
    return dict.fromkeys(ids, 0) | dict(KarmaAccount.objects.filter(member__in=ids).values_list("member_id", "balance"))


def levels_of(members: Iterable[Any]) -> Mapping[Any, KarmaLevel | None]:
    """The level of each of these members (given by their ids), in two statements for however many."""
    known = levels()
    return {pk: level_at(balance, known) for pk, balance in balances_of(members).items()}


def levels() -> list[KarmaLevel]:
    """All of them, the lowest first."""
    return list(KarmaLevel.objects.order_by("threshold"))


def level_at(balance: int, known: Sequence[KarmaLevel]) -> KarmaLevel | None:
    """Of `levels()` the highest that this balance reaches."""
    return next((level for level in reversed(known) if level.threshold <= balance), None)


def level_after(balance: int, known: Sequence[KarmaLevel]) -> KarmaLevel | None:
    """Of `levels()` the next that this balance does not reach yet; None at the top."""
    return next((level for level in known if level.threshold > balance), None)


def may_post_links(members: Iterable[Any]) -> set[Any]:
    """Of these members (given by their ids) those whose karma level turns addresses into links; two statements for all."""
    return {pk for pk, level in levels_of(members).items() if level is not None and level.may_post_links}
