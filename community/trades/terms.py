"""What may be traded for what: the pairs of an offer, locked, and checked while they are.

Lock order of everything that touches trades: one member's row (offers between two), pairs by id, trades by id, karma last.
Pairs stand before trades, because what is done to a pair (removed, hidden, traded) decides what becomes of the offers that
hold it.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from community.closet.models import Pair, Visibility
from community.people.models import Member
from community.people.relations import are_blocked
from community.trades.agreed import is_shown, is_unchanged
from community.trades.models import Trade
from dropshop.core.errors import Forbidden, Invalid

MAX_PAIRS = 10  # pairs a side
NO_PAIR = "There is no such pair."


class Terms(NamedTuple):
    """Ids of pairs, as the one who offers sees them."""

    gives: frozenset[UUID]
    wants: frozenset[UUID]

    @classmethod
    def of(cls, gives: Iterable[UUID], wants: Iterable[UUID]) -> "Terms":
        """Raises Invalid for too few pairs, and for too many."""
        terms = cls(frozenset(gives), frozenset(wants))
        errors = {side: ["Choose a pair."] for side, pairs in terms._asdict().items() if not pairs}
        errors |= {side: [f"At most {MAX_PAIRS} pairs."] for side, pairs in terms._asdict().items() if len(pairs) > MAX_PAIRS}
        if errors:
            raise Invalid(errors=errors)
        return terms

    @classmethod
    def from_trade(cls, trade: Trade) -> "Terms":
        """What its proposer offered."""
        items = list(trade.items.all())
        given = frozenset(item.pair_id for item in items if item.giver_id == trade.proposer_id)
        return cls(given, frozenset(item.pair_id for item in items) - given)

    @property
    def turned(self) -> "Terms":
        """The same from the other side."""
        return Terms(self.wants, self.gives)


def lock_pairs(ids: Iterable[UUID]) -> dict[UUID, Pair]:
    """These pairs by their ids, locked in the order of their ids; those that do not exist are missing."""
    wanted = Pair.objects.select_for_update(no_key=True, of=("self",)).select_related("sneaker")
    return {pair.pk: pair for pair in wanted.filter(pk__in=list(ids)).order_by("pk")}


def require_not_blocked(one: Member, other: Member) -> None:
    """Raises Forbidden where `one` cannot trade with `other` any more."""
    if are_blocked(one, other) or not other.is_active:
        raise Forbidden(f"You cannot trade with {other.username} any more.")


def check(terms: Terms, pairs: dict[UUID, Pair], *, giver: Member, other: Member, offered: Collection[UUID] = ()) -> None:
    """Raises Invalid with a sentence for every pair that cannot be in this offer.

    `offered` are pairs that the other side has laid on the table itself: those need not be marked for trade.
    """
    gives = [_fault_of_own(pairs.get(pk), giver) for pk in sorted(terms.gives)]
    wants = [_fault_of_wanted(pairs.get(pk), giver, other, offered) for pk in sorted(terms.wants)]
    _require_no_faults(gives=gives, wants=wants)


def require_visible(terms: Terms, pairs: dict[UUID, Pair], *, giver: Member) -> None:
    """Raises Invalid as `check` does for pairs that nobody sees: who asks for them learns no more of them."""
    _require_no_faults(gives=[_fault_of_own(pairs.get(pk), giver) for pk in sorted(terms.gives)], wants=[NO_PAIR])


def _require_no_faults(**faults: list[str]) -> None:
    errors = {side: list(dict.fromkeys(filter(None, found))) for side, found in faults.items() if any(found)}
    if errors:
        raise Invalid(errors=errors)


def _fault_of_own(pair: Pair | None, giver: Member) -> str:
    if pair is None or pair.owner_id != giver.pk or pair.removed_at:
        return "You have no such pair."
    if pair.promised_in_id:
        return f"Your {name_of(pair)} is promised in another trade."
    if pair.hidden:
        return f"Your {name_of(pair)} was hidden by a moderator."
    return f"Only you can see your {name_of(pair)}. Show it to members first." if pair.visibility == Visibility.PRIVATE else ""


def _fault_of_wanted(pair: Pair | None, giver: Member, other: Member, offered: Collection[UUID]) -> str:
    """A pair that cannot be seen reads the same as one that does not exist."""
    if pair is None or not is_shown(pair) or (pair.owner_id != giver.pk and are_blocked(giver, pair.owner)):
        return NO_PAIR
    if pair.owner_id == giver.pk:
        return f"{name_of(pair)} is your own."
    if pair.owner_id != other.pk:
        return "Ask one member at a time: these pairs have several owners."
    if pair.promised_in_id:
        return f"{name_of(pair)} is promised in another trade."
    return "" if pair.for_trade or pair.pk in offered else f"{name_of(pair)} is not for trade."


def still_holds(trade: Trade, pairs: dict[UUID, Pair]) -> bool:
    """Whether every pair is still with who gives it, free, shown, and what was offered; ask it with the pairs locked."""
    return all(
        (pair := pairs[item.pair_id]).owner_id == item.giver_id
        and pair.promised_in_id is None
        and is_shown(pair)
        and is_unchanged(item, pair)
        for item in trade.items.all()
    )


def name_of(pair: Pair) -> str:
    """The pair as a sentence names it."""
    return f"{pair.sneaker.brand} {pair.sneaker.name} {pair.size}"
