"""The acknowledgement by e-mail, in the transaction of the withdrawal: a durable medium, at once (Article 11a(4))."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from dropshop.core.outbox.write import write
from reservations.withdrawals.facts import contract, next_steps
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.period import day_in_words

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
        money_by=day_in_words(withdrawal.deadline),
        path=withdrawal.purchase.get_absolute_url(),
        **steps | {"send_back_by": day_in_words(steps["send_back_by"])},
    )


def _in_full(moment: datetime) -> str:
    zone = settings.WITHDRAWAL_TIME_ZONE
    return f"{day_in_words(moment)}, {moment.astimezone(ZoneInfo(zone)):%H:%M:%S} ({zone})"
