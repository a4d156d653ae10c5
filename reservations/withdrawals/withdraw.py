"""Withdrawing: what the shopper states is kept, told back by e-mail, and stops the order, in one transaction.

Directive 2011/83/EU, Article 11a (inserted by Directive (EU) 2023/2673, in force since 19 June 2026): the shopper states a
name, the contract, and where to send the acknowledgement; the shop sends that at once, with content, date and time.
"""

from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from dropshop.core.clock import database_time
from dropshop.core.errors import NotFound
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.orders.moves import lock_orders, move
from reservations.purchases.models import Purchase
from reservations.withdrawals.messages import write_received
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.money import ask_back, settle_where_all_is_back
from reservations.withdrawals.period import refund_deadline, require_open

NOTE = "Withdrawal"


class WithdrawalResult(NamedTuple):
    """The withdrawal, and whether this call made it."""

    withdrawal: Withdrawal
    created: bool


@retrying
def withdraw(order_id: UUID, *, name: str, email: str, by: Member | None = None) -> WithdrawalResult:
    """The contract is withdrawn from; the same again returns the same withdrawal. An order that has not left is cancelled.

    `by` is the member who is signed in, and whose order it must be; None for somebody who has shown otherwise that it is theirs
    (`reservations/withdrawals/strangers.py`). Raises NotFound, OrderEnded and WithdrawalClosed.
    """
    with transaction.atomic():
        order = lock_orders([order_id]).get(order_id)
        if order is None or (by is not None and order.member_id != by.pk):
            raise NotFound("You have no such purchase.")
        known = Withdrawal.objects.filter(purchase=order).first()
        if known is not None:
            known.purchase = order
            return WithdrawalResult(known, created=False)
        return WithdrawalResult(_state(order, name=name, email=email, by=by), created=True)


def _state(order: Purchase, *, name: str, email: str, by: Member | None) -> Withdrawal:
    moment = database_time()
    require_open(order, moment)
    made = Withdrawal.objects.create(
        purchase=order,
        name=name,
        email=email,
        signed_in=by is not None,
        created_at=moment,
        deadline=refund_deadline(moment),
    )
    if Purchase.Status.CANCELLED in Purchase.MOVES[Purchase.Status(order.status)]:
        move(order, Purchase.Status.CANCELLED, by=by, note=NOTE)  # so that nobody ships it; its money is asked back (`follow`)
    elif order.status == Purchase.Status.RETURNED:
        ask_back(order)
    write_received(made)
    settle_where_all_is_back(order)
    made.refresh_from_db(fields=["settled_at", "settled_by", "note"])
    return made
