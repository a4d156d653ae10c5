"""What went wrong with an accepted trade: a side says it, staff decide that it stands, or that every pair goes back."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from community.closet.models import Pair
from community.feed.models import FeedItem
from community.karma import ledger
from community.people.models import Member
from community.people.names import is_erased
from community.trades.finding import other_side
from community.trades.models import Dispute, Trade
from community.trades.notify import notify_members, notify_staff
from community.trades.offers import end_offers_with, lock, publish, transfer_pairs
from community.trades.shipping import COMPLETED, both_ways, complete, require_accepted
from dropshop.core.clock import database_time
from dropshop.core.errors import ID, NUMBER, TEXT, DropshopError, Forbidden, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

Resolution = Dispute.Resolution
DISPUTE_WINDOW = timedelta(days=14)  # after completion


class TooLate(DropshopError):
    """The trade has been complete for too long. `days`."""

    code, status, title = "too_late", 409, "This trade has been complete for too long."
    brings = {"days": NUMBER}


class AlreadyDecided(DropshopError):
    """Staff have decided about this trade, once and for all. `resolution`."""

    code, status, title = "already_decided", 409, "Staff have decided about this trade."
    brings = {"resolution": TEXT}


class MovedOn(DropshopError):
    """Some pairs are no longer where the trade put them, so they cannot go back. `pairs` are their ids."""

    code, status, title = "moved_on", 409, "Some pairs are no longer where this trade put them."
    brings = {"pairs": {"type": "array", "items": ID}}


@retrying
def open_dispute(trade_id: UUID, *, by: Member, reason: str) -> Dispute:
    """Asks staff for a decision; while one waits for it, that one is returned, whichever side opened it.

    Raises NotFound, Invalid, NotAccepted, Undone, TooLate, AlreadyDecided.
    """
    reason = clean_text(reason, limit=1000, field="reason")
    with transaction.atomic():
        lock_open_account(by)
        trade, _ = lock(trade_id, member=by, pairs=())
        require_accepted(trade)
        known = Dispute.objects.filter(trade=trade).first()
        if known is not None and known.resolution:
            raise AlreadyDecided(resolution=known.resolution)
        if known is not None:
            return known
        if trade.completed_at is not None and database_time() > trade.completed_at + DISPUTE_WINDOW:
            raise TooLate(days=DISPUTE_WINDOW.days)
        dispute = Dispute.objects.create(trade=trade, opened_by=by, reason=reason)
        said = f"{by.username} says that something went wrong with your trade. Staff decide."
        notify_members(trade, [other_side(trade, by.pk)], "trade-dispute", said)
        notify_staff(trade, "trade-dispute", f"{by.username} asks for a decision about a trade.", about=dispute)
        publish(trade)
    return dispute


@retrying
def uphold(dispute_id: int, *, by: Member, note: str = "") -> Dispute:
    """The trade stands, and is complete. Points are given where both sides had received what they traded for.

    Raises NotFound, Forbidden to who took part in it, AlreadyDecided.
    """
    with transaction.atomic():
        dispute, pairs = _lock(dispute_id, by=by)
        if dispute.resolution != Resolution.UPHELD:
            _decide(dispute, Resolution.UPHELD, by, note, "it stands. Every pair stays where it is.")
            complete(dispute.trade, pairs)
    return dispute


@retrying
def undo(dispute_id: int, *, by: Member, note: str = "") -> Dispute:
    """Every pair goes back to who gave it, and the karma with it.

    Raises NotFound, Forbidden to who took part in it, AlreadyDecided, and MovedOn where a pair went on meanwhile.
    """
    with transaction.atomic():
        dispute, pairs = _lock(dispute_id, by=by)
        trade = dispute.trade
        if dispute.resolution != Resolution.UNDONE:
            _decide(dispute, Resolution.UNDONE, by, note, "it is undone. Every pair is back in the closet it came from.")
            _give_back(trade, pairs)
            ledger.lock_accounts([trade.proposer_id, trade.receiver_id])  # both, in the order everybody takes
            for member, _ in both_ways(trade):
                ledger.take_back(member, COMPLETED, source=f"trade:{trade.pk}", note="The trade was undone", by=by)
    return dispute


def _lock(dispute_id: int, *, by: Member) -> tuple[Dispute, dict[UUID, Pair]]:
    found = Dispute.objects.select_related("trade__proposer").filter(pk=dispute_id).first()
    if found is None:
        raise NotFound("There is no such dispute.")
    if by.pk in (found.trade.proposer_id, found.trade.receiver_id):
        raise Forbidden("You are a side of this trade: somebody else decides.")
    trade, pairs = lock(found.trade_id, member=found.trade.proposer)
    dispute = Dispute.objects.get(pk=dispute_id)  # as it is under the trade's lock
    dispute.trade = trade
    return dispute, pairs


def _decide(dispute: Dispute, resolution: Resolution, by: Member, note: str, verdict: str) -> None:
    if dispute.resolution:
        raise AlreadyDecided(resolution=dispute.resolution)
    dispute.resolution, dispute.resolved_by, dispute.resolved_at = resolution, by, database_time()
    dispute.note = clean_text(note, limit=1000, field="note", required=False)
    if is_erased(dispute.trade.proposer) or is_erased(dispute.trade.receiver):
        dispute.reason = dispute.note = ""  # needed until now; who left is forgotten
    dispute.save(update_fields=["resolution", "resolved_by", "resolved_at", "note", "reason"])
    for one, other in both_ways(dispute.trade):
        notify_members(
            dispute.trade, [one.pk], "trade-verdict", f"Staff decided about your trade with {other.username}: {verdict}"
        )
    publish(dispute.trade)


def _give_back(trade: Trade, pairs: dict[UUID, Pair]) -> None:
    moves = [(pairs[item.pair_id], item.giver_id) for item in trade.items.all()]
    strayed = [
        pair
        for pair, giver in moves
        if pair.owner_id != other_side(trade, giver) or pair.promised_in_id not in (None, trade.pk)
    ]
    if strayed:
        raise MovedOn(pairs=[str(pair.pk) for pair in strayed])
    transfer_pairs(trade, moves, promised=False)
    trade.completed_at, trade.undone_at = None, database_time()
    trade.save(update_fields=["completed_at", "undone_at"])
    FeedItem.objects.filter(trade=trade).update(hidden=True)
    end_offers_with(pairs, "A pair in it went back to its former owner.")
