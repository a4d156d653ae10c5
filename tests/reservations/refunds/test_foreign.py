"""Disputes in another currency than the payment's: booked where somebody has said the sum, else named to staff."""

import pytest

from community.models import Notice
from dropshop.operating.audit import LEDGER, MONEY_BACK
from reservations.models import Chargeback, Payment, ProviderEvent
from reservations.payments.gateways import gateway
from reservations.refunds import events, reports
from tests.make import make_drop, make_member, make_reservation
from tests.races.auditor import faults
from tests.reservations.refunds.giving_back import statuses
from tests.reservations.refunds.test_stripe import told
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db
RULE = "M1: a refund or chargeback of an order whose money was not taken, or in another currency"


@pytest.fixture
def intent(stripe, alice):
    pay(make_reservation(alice, make_drop(1)), "pm_card_visa")
    make_member("root", is_staff=True, is_superuser=True)
    return Payment.objects.get().authorisation


def standing():
    """Each chargeback's state, sum and currency, the first one first; and what is charged back of the payment."""
    chargebacks = Chargeback.objects.order_by("pk").values_list("status", "amount", "currency")
    return [*chargebacks], Payment.objects.get().charged_back


def found():
    return [fault.partition(":")[0] + ":" + fault.partition(":")[2].partition(":")[0] for fault in faults(LEDGER | MONEY_BACK)]


def test_a_dispute_in_another_currency_is_booked_by_what_the_account_has_lost(stripe, intent):
    taken = stripe.books.dispute(intent, 16500, currency="eur")
    stripe.books.withdraw_funds(taken, 17990, "usd")
    for _ in range(2):
        told(stripe)
    assert (standing(), found(), Notice.objects.count()) == (([("taken", 17990, "USD")], 17990), [], 0)
    assert gateway().listed(intent).charged_back.minor == 17990
    stripe.books.close_dispute(taken, "won")
    told(stripe)
    assert (standing(), found()) == (([("won", 17990, "USD")], 0), [])


@pytest.mark.parametrize(("currency", "code"), [("eur", "EUR"), ("xyz", "XXX"), ("usdc", "XXX")])
def test_a_dispute_in_another_currency_that_nobody_converts_is_named_to_staff_once(stripe, intent, currency, code):
    """And what comes before and after it is booked."""
    stripe.books.dispute(intent, 1000)
    foreign = stripe.books.dispute(intent, 16500, currency=currency)
    stripe.books.dispute(intent, 2000)
    stripe.books.refund({"payment_intent": intent, "amount": 4000})
    for _ in range(2):
        told(stripe)
    assert sorted(standing()[0]) == [
        ("foreign", 16500, code),
        ("taken", 1000, "USD"),
        ("taken", 2000, "USD"),
    ]
    assert (standing()[1], statuses(), found()) == (3000, [("sent", 4000)], [RULE])
    assert {*ProviderEvent.objects.values_list("kind", "status")} >= {("charge.dispute.created", "handled")}
    notice = Notice.objects.get()
    chargeback = Chargeback.objects.get(status="foreign")
    assert (notice.member.username, notice.url) == ("root", f"/admin/reservations/chargeback/{chargeback.pk}/change/")
    assert notice.text.startswith(f"A bank has taken {chargeback.money} back for {chargeback.purchase.number}")
    stripe.books.close_dispute(foreign, "won")
    told(stripe)
    assert (Chargeback.objects.get(pk=chargeback.pk).status, standing()[1], found()) == ("won", 3000, [])


def test_a_sum_that_becomes_known_later_is_booked_then(stripe, intent):
    taken = stripe.books.dispute(intent, 16500, currency="eur")
    told(stripe)
    assert standing() == ([("foreign", 16500, "EUR")], 0)
    stripe.books.withdraw_funds(taken, 18000, "usd")
    for _ in range(2):
        told(stripe)
    assert (standing(), found()) == (([("taken", 18000, "USD")], 18000), [])


def test_what_cannot_be_booked_holds_up_nothing_else_and_is_tried_again(stripe, intent, monkeypatch):
    stripe.books.dispute(intent, 1000)
    broken = stripe.books.dispute(intent, 2000)["id"]
    stripe.books.dispute(intent, 3000)

    def fail_for_one(payment, money, *, reference):
        if reference == broken:
            raise ValueError("broken")
        return reports.report_chargeback(payment, money, reference=reference)

    monkeypatch.setattr(events, "report_chargeback", fail_for_one)
    told(stripe)
    waiting = ProviderEvent.objects.filter(kind="charge.dispute.created").values_list("status", "error")
    assert (standing()[1], {*waiting}) == (4000, {("waiting", "ValueError: broken")})
    monkeypatch.setattr(events, "report_chargeback", reports.report_chargeback)
    told(stripe)
    assert (standing()[1], {*waiting.all()}) == (6000, {("handled", "")})
