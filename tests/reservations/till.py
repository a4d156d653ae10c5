"""Paying for a hold, and what the shop's books and the bank's say of it."""

from copy import copy

from dropshop.core.errors import DropshopError
from reservations.models import TestCharge
from reservations.purchases import buy, reconcile
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent
from reservations.purchases.begin import begin_each
from reservations.purchases.buy import advance
from tests.make import ADDRESS


def pay(hold, token="test_ok", **given):
    return buy.buy(hold.pk, member=hold.member, address=given.pop("address", ADDRESS), payment_method=token, **given)


def begin(hold, token="test_ok", **given):
    """The first step alone: the payment, written down, of which the bank has not heard yet."""
    attempt = PurchaseAttempt(order(hold, token, **given))
    begin_each([attempt])
    return attempt.payment or attempt.answer


def order(hold, token="test_ok", *, member=None, **given):
    """An order for this hold, by its member."""
    return PurchaseIntent.of(hold.pk, member or hold.member_id, address=given.pop("address", ADDRESS), method=token, **given)


def carry(attempts):
    """What each came to; a bank that takes its time is waited for."""
    while any(attempt.answer is None for attempt in attempts):
        advance(attempts)
        for attempt in attempts:
            if attempt.todo is not None:
                todo, attempt.todo = attempt.todo, None
                todo(attempt)
    return [attempt.answer for attempt in attempts]


def unnoticed(step):
    """The step, of whose end nobody hears: what it has committed is noted on copies."""

    def unheard(*given):
        step(*([copy(each) for each in some] if isinstance(some, list) else some for some in given))

    return unheard


def buy_all(*orders):
    """What these orders come to as one batch."""
    return carry([PurchaseAttempt(one) for one in orders])


def said(answers):
    """Each answer in a word: its error's code, or whether a sale was made now."""
    return [answer.code if isinstance(answer, DropshopError) else answer.created for answer in answers]


def finish(payment, outcome):
    """The steps after the bank's answer; raises a refusal."""
    return buy.advance_alone(PurchaseAttempt(payment=payment, outcome=outcome, is_late=True))


def asked_again(payment):
    """What the sweep makes of the payment: the purchase, or None; raises a refusal."""
    attempt = PurchaseAttempt(payment=payment, is_late=True)
    reconcile.reconcile(attempt)
    return attempt.answer


def books(hold):
    """(the shop's word, the bank's word, captured) for each payment of the hold, oldest first."""
    charges = {charge.key: charge for charge in TestCharge.objects.all()}
    found = [(payment.status, charges.get(str(payment.pk))) for payment in hold.payments.order_by("created_at")]
    return [(status, charge and charge.status, charge and charge.captured) for status, charge in found]


def counters(drop):
    size = drop.sizes.get()
    return size.available, size.reserved, size.sold
