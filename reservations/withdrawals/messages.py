"""The acknowledgement by e-mail, in the transaction of the withdrawal: a durable medium, at once (Article 11a(4))."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from dropshop.core.outbox.write import write
from reservations.withdrawals.facts import contract, next_steps
from reservations.withdrawals.models import Withdrawal

RECEIVED = "withdrawal_received"


def write_received(withdrawal: Withdrawal) -> None:
    """What was stated, when, and what happens next, to the address that was given.

    Belongs to no member: it is owed to people whose account is closed, too.
    """
    if not withdrawal.email:
        return  # a member without an address has the answer itself
    steps = next_steps(withdrawal)
    write(
        RECEIVED,
        withdrawal.cause,
        to=withdrawal.email,
        **contract(withdrawal.purchase),
        name=withdrawal.name,
        email=withdrawal.email,
        received=_in_full(withdrawal.created_at),
        money_by=_day(withdrawal.deadline),
        path=withdrawal.purchase.get_absolute_url(),
        **steps | {"send_back_by": _day(steps["send_back_by"])},
    )


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(settings.WITHDRAWAL_TIME_ZONE))


def _in_full(moment: datetime) -> str:
    there = _local(moment)
    return f"{there:%-d %B %Y, %H:%M:%S} ({settings.WITHDRAWAL_TIME_ZONE})"


def _day(moment: datetime) -> str:
    return f"{_local(moment):%-d %B %Y}"
