"""Offers of pairs for pairs, and what becomes of them (T1).

The locks and their order are described in `terms`. What a trade holds never changes once it is made (T2): its pairs are known
before anything is locked, and what they were stands in its rows. Whoever holds the locks of its pairs may end every other
offer that holds one of them, for nobody can accept those meanwhile.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from community.closet.facts import visible_to
from community.closet.models import Pair, Visibility
from community.people import relations
from community.people.models import Member
from community.trades.agreed import freeze
from community.trades.errors import Stale, TooManyOffers, require_pending
from community.trades.finding import find_trade, other_side
from community.trades.models import PairMove, Shipment, Trade, TradeItem
from community.trades.notify import notify_members
from community.trades.terms import Terms, check, lock_pairs, require_not_blocked, require_visible, still_holds
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.live import publish_on_commit
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

MAX_PENDING_BETWEEN_TWO = 10
TIME_TO_SEND = timedelta(days=7)
Status = Trade.Status


class Offered(NamedTuple):
    """An offer, and whether this call made it."""

    trade: Trade
    created: bool


def lock(trade_id: UUID, *, member: Member, pairs: Iterable[UUID] | None = None) -> tuple[Trade, dict[UUID, Pair]]:
    """One's trade with its pairs (or with these) locked before it, as they are after the wait. Raises NotFound."""
    found = find_trade(trade_id, member=member)
    held = lock_pairs([item.pair_id for item in found.items.all()] if pairs is None else pairs)
    return _lock_trades([trade_id])[0], held


def _lock_trades(ids: Iterable[UUID]) -> list[Trade]:
    locked = Trade.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=list(ids)).order_by("pk")
    return list(locked.select_related("proposer", "receiver").prefetch_related("items"))


@retrying
def offer(
    proposer: Member, *, gives: Iterable[UUID], wants: Iterable[UUID], message: str = "", to: Member | None = None
) -> Offered:
    """Pairs of mine for pairs of one other member: of `to`, or of whoever owns what is wanted.

    The same offer again, while it waits for an answer, is that offer. Raises Forbidden, Invalid, TooManyOffers.
    """
    terms, message = Terms.of(gives, wants), _message(message)
    relations.require_not_silenced(proposer)
    with transaction.atomic():
        receiver = to or _owner_of(terms, proposer)
        _lock_between(proposer, receiver)
        pairs = lock_pairs(terms.gives | terms.wants)
        check(terms, pairs, giver=proposer, other=receiver)
        require_not_blocked(proposer, receiver)
        waiting = _waiting(proposer, receiver)
        for known in waiting:
            if known.proposer_id == proposer.pk and Terms.from_trade(known) == terms:
                return Offered(known, created=False)
        if len(waiting) >= MAX_PENDING_BETWEEN_TWO:
            raise TooManyOffers(limit=MAX_PENDING_BETWEEN_TWO)
        trade = _create(Trade(proposer=proposer, receiver=receiver, message=message), terms, pairs)
        notify_members(trade, [receiver.pk], "trade-offer", f"{proposer.username} offers you a trade.")
    return Offered(trade, created=True)


def _message(text: str) -> str:
    return clean_text(text, limit=500, field="message", required=False)


def _owner_of(terms: Terms, proposer: Member) -> Member:
    """Whoever has what is wanted, among the pairs that the proposer sees."""
    seen = visible_to(proposer).filter(pk__in=list(terms.wants)).exclude(owner=proposer).select_related("owner").first()
    if seen is None:
        require_visible(terms, lock_pairs(terms.gives), giver=proposer)
        raise NotFound
    return seen.owner


def _lock_between(one: Member, other: Member) -> None:
    """Offers between two are counted one after the other, whoever of them offers: under the lock of one of their rows."""
    Member.objects.select_for_update(no_key=True).get(pk=min(one.pk, other.pk))


def _waiting(one: Member, other: Member) -> list[Trade]:
    between = Q(proposer=one, receiver=other) | Q(proposer=other, receiver=one)
    return list(Trade.objects.filter(between, status=Status.PENDING).prefetch_related("items"))


def _create(trade: Trade, terms: Terms, pairs: dict[UUID, Pair]) -> Trade:
    """The offer in the database, with what its pairs (locked) are now."""
    proposer, receiver = trade.proposer, trade.receiver
    trade.save(force_insert=True)
    prefetch_related_objects(list(pairs.values()), "pictures")
    sides = [(proposer, pk) for pk in sorted(terms.gives)] + [(receiver, pk) for pk in sorted(terms.wants)]
    TradeItem.objects.bulk_create(TradeItem(trade=trade, pair_id=pk, giver=by, terms=freeze(pairs[pk])) for by, pk in sides)
    publish(trade)
    return trade


@retrying
def accept(trade_id: UUID, *, by: Member) -> Trade:
    """Every pair changes hands, or none does; all other offers that hold one of them go stale. For the receiver.

    Raises NotFound, Forbidden, and the name of what happened to the offer: Stale where a pair is no longer available.
    """
    with transaction.atomic():
        trade, pairs = lock(trade_id, member=by)
        _require_member(by, trade.receiver, "accept")
        if trade.status == Status.ACCEPTED:
            return trade
        require_pending(trade)
        require_not_blocked(by, trade.proposer)
        holds = still_holds(trade, pairs)
        if holds:
            _carry_out(trade, pairs)
        else:  # somebody forgot to say so when the pair went: the offer ends here, and that is kept
            _end_stale([trade], "A pair in it is no longer available.")
    if not holds:
        raise Stale(decided_at=trade.decided_at)
    return trade


def _carry_out(trade: Trade, pairs: dict[UUID, Pair]) -> None:
    """T1: owners, provenance, promise, shipments and the end of other offers, in the transaction that holds the locks."""
    moment = _move(trade, Status.ACCEPTED)
    items = list(trade.items.all())
    transfer_pairs(trade, [(pairs[item.pair_id], other_side(trade, item.giver_id)) for item in items], promised=True)
    due = moment + TIME_TO_SEND
    Shipment.objects.bulk_create(
        Shipment(trade=trade, sender_id=pk, due_at=due) for pk in (trade.proposer_id, trade.receiver_id)
    )
    notify_members(
        trade,
        [trade.proposer_id],
        "trade-accepted",
        f"{trade.receiver.username} accepted your offer. Send your pairs within a week.",
    )
    end_offers_with(pairs, "A pair in it was traded to somebody else.")


def transfer_pairs(trade: Trade, moves: list[tuple[Pair, UUID]], *, promised: bool) -> None:
    """Gives each locked pair to its new owner and writes that down. What the old owner noted and paid is not handed on.

    The sale a pair came from stays with it, or its buyer could put the same pair into a closet a second time.
    """
    PairMove.objects.bulk_create(
        [PairMove(pair=pair, giver_id=pair.owner_id, taker_id=taker, trade=trade) for pair, taker in moves]
    )
    for pair, taker in moves:
        pair.owner_id, pair.promised_in = taker, trade if promised else None
        pair.visibility, pair.for_trade, pair.folder = Visibility.PRIVATE, False, None
        pair.price, pair.notes, pair.removed_at = None, "", None
        pair.save(update_fields=["owner", "promised_in", "visibility", "for_trade", "folder", "price", "notes", "removed_at"])


@retrying
def reject(trade_id: UUID, *, by: Member) -> Trade:
    """The receiver rejects the offer. Raises NotFound, Forbidden, and the name of what happened to the offer."""
    return _say_no(trade_id, by, Status.REJECTED)


@retrying
def withdraw(trade_id: UUID, *, by: Member) -> Trade:
    """The proposer withdraws the offer. Raises NotFound, Forbidden, and the name of what happened to the offer."""
    return _say_no(trade_id, by, Status.WITHDRAWN)


def _say_no(trade_id: UUID, by: Member, to: Status) -> Trade:
    verb = "reject" if to == Status.REJECTED else "withdraw"
    with transaction.atomic():
        trade, _ = lock(trade_id, member=by, pairs=())  # no pair moves: none is locked
        _require_member(by, trade.receiver if to == Status.REJECTED else trade.proposer, verb)
        if trade.status == to:
            return trade
        require_pending(trade)
        _move(trade, to)
        other = trade.proposer if by.pk == trade.receiver_id else trade.receiver
        past = "rejected your" if to == Status.REJECTED else "withdrew the"
        notify_members(trade, [other.pk], f"trade-{to}", f"{by.username} {past} offer. Every pair stays where it is.")
    return trade


@retrying
def counter(trade_id: UUID, *, by: Member, gives: Iterable[UUID], wants: Iterable[UUID], message: str = "") -> Offered:
    """Answers an offer with another one, in which `by` gives and wants these pairs; the first one is countered then.

    The same answer again is that answer. Raises NotFound, Forbidden, Invalid, and the name of what happened to the offer.
    """
    terms, message = Terms.of(gives, wants), _message(message)
    relations.require_not_silenced(by)
    with transaction.atomic():
        trade, pairs = lock(trade_id, member=by, pairs=terms.gives | terms.wants)
        _require_member(by, trade.receiver, "counter")
        if trade.status == Status.COUNTERED and Terms.from_trade(trade.answered_by) == terms:
            return Offered(trade.answered_by, created=False)
        require_pending(trade)
        require_not_blocked(by, trade.proposer)
        before = Terms.from_trade(trade)
        if terms == before.turned:
            raise Invalid("This is the same offer that you received. Accept it, or change something.")
        check(terms, pairs, giver=by, other=trade.proposer, offered=before.gives)
        _move(trade, Status.COUNTERED)
        answer = _create(Trade(proposer=by, receiver=trade.proposer, message=message, answers=trade), terms, pairs)
        notify_members(answer, [trade.proposer_id], "trade-counter", f"{by.username} answered your offer with another one.")
    return Offered(answer, created=True)


@retrying
def end_offers_with(pairs: Iterable[UUID], because: str) -> list[Trade]:
    """Ends every waiting offer that holds one of these pairs, and tells both sides why (`because`, a sentence).

    Call it in the transaction that takes the pairs away. It locks them, so that no new offer can hold them.
    """
    with transaction.atomic():
        held = TradeItem.objects.filter(pair__in=list(lock_pairs(pairs))).values("trade")
        ids = Trade.objects.filter(pk__in=held, status=Status.PENDING).values_list("pk", flat=True)
        ended = [trade for trade in _lock_trades(ids) if trade.status == Status.PENDING]
        _end_stale(ended, because)
    return ended


def _end_stale(trades: list[Trade], because: str) -> None:
    for trade in trades:
        _move(trade, Status.STALE)
        for one, other in ((trade.proposer, trade.receiver), (trade.receiver, trade.proposer)):
            notify_members(trade, [one.pk], "trade-stale", f"The offer between you and {other.username} is over. {because}")


def _move(trade: Trade, to: Status) -> Any:
    """Compare-and-set along MOVES; the moment of the decision, by the database's clock under the lock."""
    moment = database_time()
    allowed = [known for known, moves in Trade.MOVES.items() if to in moves]
    moved = Trade.objects.filter(pk=trade.pk, status__in=allowed).update(status=to, decided_at=moment)
    if not moved:
        trade.refresh_from_db()
        require_pending(trade)
    trade.status, trade.decided_at = to, moment
    publish(trade)
    return moment


def publish(trade: Trade) -> None:
    """Both sides' screens learn, after the commit, how the trade stands."""
    event = {"type": "trade-updated", "trade": str(trade.pk), "status": str(trade.status)}
    publish_on_commit(*({**event, "to": str(pk)} for pk in (trade.proposer_id, trade.receiver_id)))


def _require_member(by: Member, wanted: Member, verb: str) -> None:
    if by.pk != wanted.pk:
        raise Forbidden(f"Only {wanted.username} can {verb} this offer.")
