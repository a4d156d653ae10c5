"""Until when a shopper may withdraw, and until when what follows is due.

Article 9 of Directive 2011/83/EU gives 14 days after the day on which the shopper got the pair; one may withdraw before, too.
Days are counted as Regulation (EEC, Euratom) No 1182/71, Article 3, says: the day of the event does not count, the last day
counts to its last moment, and where that is a Saturday, a Sunday or a public holiday, the next working day is the last one.
Public holidays differ by country: those that count are `WITHDRAWAL_HOLIDAYS`.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from dropshop.core.errors import NotFound
from reservations.purchases.models import Purchase
from reservations.withdrawals.errors import OrderEnded, WithdrawalClosed

Status = Purchase.Status
TICK = timedelta(microseconds=1)
SATURDAY = 5


def is_on() -> bool:
    """Whether this shop has the withdrawal function."""
    return settings.WITHDRAWAL_DAYS > 0


def end_of_day_after(event: datetime, days: int, *, working: bool = False) -> datetime:
    """The last moment of the day that is so many days after that of the event, in the shop's time zone; `working`: of the
    next working day, where it is none."""
    zone = ZoneInfo(settings.WITHDRAWAL_TIME_ZONE)
    day = event.astimezone(zone).date() + timedelta(days=days)
    while working and (day.weekday() >= SATURDAY or day in settings.WITHDRAWAL_HOLIDAYS):
        day += timedelta(days=1)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - TICK


def refund_deadline(received: datetime) -> datetime:
    """When the money is back at the latest: 14 days after the shop heard of it (Article 13). Weekends give no more time."""
    return end_of_day_after(received, settings.WITHDRAWAL_REFUND_DAYS)


def send_back_by(received: datetime) -> datetime:
    """Until when the shopper sends the pair back: 14 days after they withdrew (Article 14)."""
    return end_of_day_after(received, 14, working=True)


def withdrawal_until(order: Purchase) -> datetime | None:
    """The last moment at which one may withdraw from this order; None while the pair is not delivered, as far as we know.

    Reads `order.moves`, which may be prefetched.
    """
    delivered = [made.created_at for made in order.moves.all() if made.to == Status.DELIVERED and made.was != made.to]
    return end_of_day_after(delivered[-1], settings.WITHDRAWAL_DAYS, working=True) if delivered else None


def day_in_words(moment: datetime) -> str:
    """The day of this moment where the shop is: "14 December 2026"."""
    return f"{moment.astimezone(ZoneInfo(settings.WITHDRAWAL_TIME_ZONE)):%-d %B %Y}"


def require_open(order: Purchase, moment: datetime) -> None:
    """Raises NotFound where the shop has no such function, OrderEnded, and WithdrawalClosed with when it ended."""
    if not is_on():
        raise NotFound
    if order.status in (Status.CANCELLED, Status.REFUNDED):
        said = order.get_status_display().lower()
        raise OrderEnded(f"This order has ended already: it is {said}.", purchase_status=order.status)
    until = withdrawal_until(order)
    if until is not None and moment > until:
        raise WithdrawalClosed(f"The time to withdraw from this order ended on {day_in_words(until)}.", withdrawal_until=until)


def may_withdraw(order: Purchase, moment: datetime) -> bool:
    """Whether the order's page offers to withdraw. Who has withdrawn already is for the caller to know."""
    try:
        require_open(order, moment)
    except (NotFound, OrderEnded, WithdrawalClosed):
        return False
    return True
