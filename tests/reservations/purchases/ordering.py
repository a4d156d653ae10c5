"""An order as the checkout makes it."""

from reservations.purchases import ask_bank
from tests.make import ADDRESS

FORM = {**ADDRESS, "payment_method": "test_ok"}


def ordered(hold, token="test_ok"):
    return ask_bank.intent(hold.pk, hold.member_id, address=ADDRESS, method=token)
