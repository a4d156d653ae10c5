"""The errors about an offer that has already ended."""

from community.trades.models import Trade
from dropshop.core.errors import ID, MOMENT, NUMBER, DropshopError

Status = Trade.Status


class AlreadyAccepted(DropshopError):
    """The offer was accepted: the pairs have changed hands. `decided_at`."""

    code, status, title = "already_accepted", 409, "This offer was accepted already."
    brings = {"decided_at": MOMENT}


class AlreadyRejected(DropshopError):
    """The receiver has rejected it. `decided_at`."""

    code, status, title = "already_rejected", 409, "This offer was rejected already."
    brings = {"decided_at": MOMENT}


class AlreadyCountered(DropshopError):
    """The receiver has answered with another offer. `answered_by` is its id."""

    code, status, title = "already_countered", 409, "This offer was answered with another one."
    brings = {"answered_by": ID, "decided_at": MOMENT}


class AlreadyWithdrawn(DropshopError):
    """The proposer has withdrawn it. `decided_at`."""

    code, status, title = "already_withdrawn", 409, "This offer was withdrawn."
    brings = {"decided_at": MOMENT}


class Stale(DropshopError):
    """A pair in it is no longer available. `decided_at`."""

    code, status, title = "stale", 409, "A pair in this offer is no longer available."
    brings = {"decided_at": MOMENT}


class TooManyOffers(DropshopError):
    """So many offers between these two wait for an answer. `limit`."""

    code, status, title = "limit_reached", 409, "Too many offers between you two are waiting for an answer."
    brings = {"limit": NUMBER}


def require_pending(trade: Trade) -> None:
    """Raises the name of what happened to an offer that waits no more."""
    if trade.status == Status.COUNTERED:
        raise AlreadyCountered(answered_by=str(trade.answered_by.pk), decided_at=trade.decided_at)
    refusals = {
        Status.ACCEPTED: AlreadyAccepted,
        Status.REJECTED: AlreadyRejected,
        Status.WITHDRAWN: AlreadyWithdrawn,
        Status.STALE: Stale,
    }
    if trade.status in refusals:
        raise refusals[Status(trade.status)](decided_at=trade.decided_at)
