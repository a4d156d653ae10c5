"""An accepted trade on its way: both sides send, both receive, and then it is complete.

Locks as in `terms`; a shipment is written under the lock of its trade. Completing frees the pairs, so who says that
something arrived holds their locks too.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from community.accounts import linked_accounts
from community.closet.models import Pair
from community.feed import items as feed
from community.karma import ledger
from community.people.models import Member
from community.trades import price_notes
from community.trades.agreed import agreed
from community.trades.finding import other_side
from community.trades.models import Dispute, PairMove, Shipment, Trade
from community.trades.notify import notify_members, notify_staff
from community.trades.offers import lock, publish
from dropshop.core.clock import database_time
from dropshop.core.errors import MOMENT, TEXT, DropshopError
from dropshop.core.members import lock_open_account
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying
from reservations.models import Purchase

REMIND_BEFORE = timedelta(days=1)  # before the deadline
REWARD_INTERVAL = timedelta(days=90)  # two members earn for one trade between them in this span
BATCH_SIZE = 200  # shipments of one run
COMPLETED = "trade-completed"


class NotAccepted(DropshopError):
    """Nothing is on its way: the offer was not accepted. `trade_status`."""

    code, status, title = "not_accepted", 409, "This offer was not accepted."
    brings = {"trade_status": TEXT}


class Undone(DropshopError):
    """Staff gave every pair back. `undone_at`."""

    code, status, title = "undone", 409, "This trade was undone."
    brings = {"undone_at": MOMENT}


class NotSent(DropshopError):
    """The other side has not said that they sent anything."""

    code, status, title = "not_sent", 409, "Nothing was sent yet."


@retrying
def mark_sent(trade_id: UUID, *, by: Member, carrier: str = "", tracking: str = "") -> Trade:
    """My pairs are on their way. Said again, it corrects carrier and tracking until they arrive.

    Raises NotFound, NotAccepted, Undone, Invalid.
    """
    facts = {
        "carrier": clean_text(carrier, limit=60, field="carrier", required=False, lines=False),
        "tracking": clean_text(tracking, limit=80, field="tracking", required=False, lines=False),
    }
    with transaction.atomic():
        lock_open_account(by)
        trade, _ = lock(trade_id, member=by, pairs=())
        require_accepted(trade)
        shipment = Shipment.objects.get(trade=trade, sender=by)
        if shipment.received_at is None:
            is_news = shipment.sent_at is None
            Shipment.objects.filter(pk=shipment.pk).update(sent_at=shipment.sent_at or database_time(), **facts)
            if is_news:
                said = f"{by.username} has sent what you traded for."
                notify_members(trade, [other_side(trade, by.pk)], "trade-sent", said)
            publish(trade)
    return trade


@retrying
def mark_received(trade_id: UUID, *, by: Member) -> Trade:
    """The member has received what the other side sent; when both have, the trade is complete. Repeating it changes nothing.

    Raises NotFound, NotAccepted, Undone, NotSent.
    """
    with transaction.atomic():
        trade, pairs = lock(trade_id, member=by)
        require_accepted(trade)
        shipment = Shipment.objects.exclude(sender=by).get(trade=trade)
        if shipment.sent_at is None:
            raise NotSent
        if shipment.received_at is None:
            Shipment.objects.filter(pk=shipment.pk).update(received_at=database_time())
            notify_members(trade, [shipment.sender_id], "trade-received", f"{by.username} has received what you sent.")
            publish(trade)
            if has_arrived(trade) and not Dispute.objects.filter(trade=trade, resolution="").exists():
                complete(trade, pairs.keys())
    return trade


def require_accepted(trade: Trade) -> None:
    """Raises NotAccepted or Undone for a trade that was never on its way, or came back."""
    if trade.status != Trade.Status.ACCEPTED:
        raise NotAccepted(trade_status=str(trade.status))
    if trade.undone_at is not None:
        raise Undone(undone_at=trade.undone_at)


def has_arrived(trade: Trade) -> bool:
    """Whether both sides have what they traded for."""
    return not Shipment.objects.filter(trade=trade, received_at=None).exists()


def complete(trade: Trade, pairs: Iterable[UUID]) -> None:
    """Frees the pairs (given by ids; locked, as is the trade), tells everybody and gives the karma; once."""
    if trade.completed_at is not None:
        return
    trade.completed_at = database_time()
    Trade.objects.filter(pk=trade.pk).update(completed_at=trade.completed_at)
    Pair.objects.filter(pk__in=list(pairs), promised_in=trade).update(promised_in=None)
    for one, other in both_ways(trade):
        notify_members(trade, [one.pk], "trade-completed", f"Your trade with {other.username} is complete. Rate it.")
    publish(trade)
    feed.add_item("trade", author=trade.proposer, trade=trade)
    if has_arrived(trade):
        _reward(trade)


def both_ways(trade: Trade) -> list[tuple[Member, Member]]:
    """Each side with the other."""
    return [(trade.proposer, trade.receiver), (trade.receiver, trade.proposer)]


def _reward(trade: Trade) -> None:
    """Points for both, where a pair was sold here and is traded for the first time (K3): made-up pairs earn nothing, and one
    pair earns once. Not for accounts that are linked, and not for the second trade of the same two within 90 days.
    """
    # Both accounts are locked first: of two trades of the same two that end at once, one sees the other.
    ledger.lock_accounts([trade.proposer_id, trade.receiver_id])
    if linked_accounts.are_linked(trade.proposer, trade.receiver) or _traded_lately(trade):
        return
    price_notes.note_trade(trade)
    if not _holds_a_sold_pair(trade):
        return
    for one in sorted((trade.proposer, trade.receiver), key=lambda side: side.pk):
        ledger.award(one, COMPLETED, source=f"trade:{trade.pk}", note=_swapped(trade, one))


def _holds_a_sold_pair(trade: Trade) -> bool:
    """Whether one of its pairs came from a paid sale of ours, and has not been in a complete trade before."""
    sold = Pair.objects.filter(trade_items__trade=trade, purchase__status__in=Purchase.KEPT, purchase__price__gt=0)
    before = PairMove.objects.filter(pair=OuterRef("pk"), trade__completed_at__isnull=False).exclude(trade=trade)
    return sold.filter(~Exists(before)).exists()


def _swapped(trade: Trade, side: Member) -> str:
    """What this side gave for what, for a ledger that forgets nothing: so it names nobody."""
    items = list(trade.items.select_related("pair__sneaker").order_by("pk"))
    given = [agreed(item, trade).sneaker["name"] for item in items if item.giver_id == side.pk]
    got = [agreed(item, trade).sneaker["name"] for item in items if item.giver_id != side.pk]
    return f"{', '.join(given)} for {', '.join(got)}"[:200]


def _traded_lately(trade: Trade) -> bool:
    one, other = trade.proposer_id, trade.receiver_id
    between = Q(proposer=one, receiver=other) | Q(proposer=other, receiver=one)
    since = database_time() - REWARD_INTERVAL
    return Trade.objects.filter(between, completed_at__gt=since).exclude(pk=trade.pk).exists()


def notify_deadlines() -> int:
    """Reminds members who must send by tomorrow, and tells both sides and staff about those who are late; once each.

    Returns about how many shipments it wrote notices.
    """
    now = database_time()
    soon = _unsent(due_at__lte=now + REMIND_BEFORE, due_at__gt=now, reminded_at=None)
    late = _unsent(due_at__lte=now, overdue_at=None)
    return _each(soon, _remind, reminded_at=now) + _each(late, _notify_overdue, overdue_at=now)


def _unsent(**where: Any) -> QuerySet[Shipment]:
    undecided = Q(trade__dispute=None) | ~Q(trade__dispute__resolution="")
    on_its_way = {"trade__status": "accepted", "trade__completed_at": None, "trade__undone_at": None}
    return Shipment.objects.filter(undecided, sent_at=None, **on_its_way, **where)


def _each(shipments: QuerySet[Shipment], notify: Callable[[Shipment, Trade], None], **mark: datetime) -> int:
    with transaction.atomic():
        # Two beats at once tell of different shipments; and who is just now saying "sent" is left alone.
        locked = Shipment.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        rows = list(
            locked.filter(pk__in=shipments.values("pk")[:BATCH_SIZE], sent_at=None).select_related("sender").order_by("pk")
        )
        Shipment.objects.filter(pk__in=[shipment.pk for shipment in rows]).update(**mark)
        for shipment in rows:
            notify(shipment, Trade.objects.select_related("proposer", "receiver").get(pk=shipment.trade_id))
    return len(rows)


def _remind(shipment: Shipment, trade: Trade) -> None:
    by = f"{shipment.due_at:%-d %B, %H:%M} UTC"
    notify_members(
        trade, [shipment.sender_id], "trade-reminder", f"Send your pairs by {by}, then mark them as sent.", about=shipment
    )


def _notify_overdue(shipment: Shipment, trade: Trade) -> None:
    name, other = shipment.sender.username, other_side(trade, shipment.sender_id)
    notify_members(
        trade, [shipment.sender_id], "trade-overdue", "You have not sent what you traded. Send it now.", about=shipment
    )
    notify_members(
        trade, [other], "trade-overdue", f"{name} has not sent what you traded for. You can ask us for help.", about=shipment
    )
    notify_staff(trade, "trade-overdue", f"{name} has not sent their side of a trade.", about=shipment)
    publish(trade)
