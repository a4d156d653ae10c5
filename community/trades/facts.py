"""A trade as the API tells it to its two sides."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from community.people.relations import display_name
from community.trades.agreed import Agreed, agreed
from community.trades.models import Dispute, Rating, Shipment, Trade
from community.trades.ratings import TraderRating, trader_ratings
from community.trades.terms import Terms
from dropshop.core.clock import iso


def described(trades: QuerySet[Trade]) -> QuerySet[Trade]:
    """The same trades with all that is told of them, in as many statements for one as for many."""
    ones = ("proposer", "receiver", "answered_by", "dispute__opened_by")
    many = ("items__pair__sneaker__pictures", "answers__items", "shipments__sender", "ratings__rater")
    return trades.select_related(*ones).prefetch_related(*many)


def trade_facts(trades: Iterable[Trade]) -> list[dict[str, Any]]:
    """The trades in their order; read them by `described`."""
    trades = list(trades)
    known = trader_ratings({pk for trade in trades for pk in (trade.proposer_id, trade.receiver_id)})
    return [_describe(trade, known) for trade in trades]


def sides(trade: Trade) -> tuple[list[Agreed], list[Agreed]]:
    """What its proposer gives, and what they want for it."""
    items = sorted(trade.items.all(), key=lambda item: item.pk)
    gives = [agreed(item, trade) for item in items if item.giver_id == trade.proposer_id]
    return gives, [agreed(item, trade) for item in items if item.giver_id != trade.proposer_id]


def changes(trade: Trade) -> dict[str, dict[str, list[UUID]]] | None:
    """What a counter-offer added and removed, side by side, as its own proposer sees it; None for a first offer."""
    if trade.answers is None:
        return None
    before, now = Terms.from_trade(trade.answers).turned._asdict(), Terms.from_trade(trade)._asdict()
    return {side: {"added": sorted(now[side] - before[side]), "removed": sorted(before[side] - now[side])} for side in now}


def _describe(trade: Trade, known: dict[UUID, TraderRating]) -> dict[str, Any]:
    gives, wants = sides(trade)
    answered_by = getattr(trade, "answered_by", None)
    return {
        "id": str(trade.pk),
        "status": str(trade.status),
        "proposer": {"username": display_name(trade.proposer), "rating": known[trade.proposer_id].facts},
        "receiver": {"username": display_name(trade.receiver), "rating": known[trade.receiver_id].facts},
        "gives": [_brief(one) for one in gives],
        "wants": [_brief(one) for one in wants],
        "message": trade.message,
        "answers": str(trade.answers_id) if trade.answers_id else None,
        "answered_by": str(answered_by.pk) if answered_by else None,
        "changes": changes(trade),
        "created_at": iso(trade.created_at),
        "decided_at": iso(trade.decided_at),
        "shipping": [_shipment(shipment) for shipment in sorted(trade.shipments.all(), key=lambda shipment: shipment.pk)],
        "completed_at": iso(trade.completed_at),
        "undone_at": iso(trade.undone_at),
        "dispute": _dispute(getattr(trade, "dispute", None)),
        "ratings": [_rating(rating) for rating in sorted(trade.ratings.all(), key=lambda rating: rating.pk)],
        "url": trade.get_absolute_url(),
    }


def _brief(one: Agreed) -> dict[str, Any]:
    return {
        "id": str(one.pair.pk),
        "sneaker": one.sneaker,
        "size": one.size,
        "condition": one.condition.name.lower(),
        "notes": one.notes,
        "pictures": one.pictures,
    }


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "sender": display_name(shipment.sender),
        "due_at": iso(shipment.due_at),
        "carrier": shipment.carrier,
        "tracking": shipment.tracking,
        "sent_at": iso(shipment.sent_at),
        "received_at": iso(shipment.received_at),
    }


def _dispute(dispute: Dispute | None) -> dict[str, Any] | None:
    if dispute is None:
        return None
    return {
        "opened_by": display_name(dispute.opened_by),
        "reason": dispute.reason,
        "opened_at": iso(dispute.opened_at),
        "resolution": dispute.resolution or "open",
        "resolved_at": iso(dispute.resolved_at),
    }


def _rating(rating: Rating) -> dict[str, Any]:
    return {"by": display_name(rating.rater), "stars": rating.stars, "text": rating.words, "created_at": iso(rating.created_at)}
