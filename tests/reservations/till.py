"""Paying for a hold, and what the shop's books and the bank's say of it."""

from reservations import purchases
from reservations.models import TestCharge
from reservations.orders import Order, begin_each
from tests.make import ADDRESS


def pay(hold, token="test_ok", **given):
    return purchases.buy(hold.pk, member=hold.member, address=given.pop("address", ADDRESS), payment_method=token, **given)


def begin(hold, token="test_ok", **given):
    """The first step alone: the payment, written down, of which the bank has not heard yet."""
    order = Order.of(hold.pk, hold.member_id, address=given.pop("address", ADDRESS), method=token, **given)
    (payment,) = begin_each([order])
    return payment


def finish(payment, outcome):
    """The steps after the bank's answer; raises a refusal."""
    return purchases._finish(payment, outcome)


def books(hold):
    """(the shop's word, the bank's word, captured) for each payment of the hold, oldest first."""
    charges = {charge.key: charge for charge in TestCharge.objects.all()}
    found = [(payment.status, charges.get(str(payment.pk))) for payment in hold.payments.order_by("created_at")]
    return [(status, charge and charge.status, charge and charge.captured) for status, charge in found]


def counters(drop):
    size = drop.sizes.get()
    return size.available, size.reserved, size.sold
