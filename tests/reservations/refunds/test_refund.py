"""Refunds by staff: full or part, never above what was captured, with approval above a limit, sent once."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from dropshop.core.errors import Invalid, NotFound
from dropshop.core.money import Money
from dropshop.core.outbox.models import Email
from reservations.models import Payment, Refund, TestRefund
from reservations.orders import moves
from reservations.payments.gateways import GatewayTimeout, RefundRefused
from reservations.payments.test_bank.gateway import TestGateway
from reservations.refunds import due, refund, send
from reservations.refunds.errors import NotCaptured, OtherRefund, OwnRefund, RefundDecided, RefundTooHigh
from tests.make import make_drop, make_purchase
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.refunds.giving_back import answer_with, dollars, found, money_of, status_of, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing():
    yield
    assert found() == []


def due_now():
    Refund.objects.filter(status="approved").update(retry_at=F("created_at"))


def test_a_full_refund_is_promised_sent_booked_and_told_and_the_order_goes_on(order, ada):
    asked = refund.ask(order.pk, dollars(180), by=ada, reason=" Lost in the post. ")
    assert (asked.n, asked.status, asked.reason, money_of(order)) == (1, "approved", "Lost in the post.", (18000, 0, 0))
    assert not Email.objects.filter(kind="refund").exists()
    assert send.sweep() == 1
    asked.refresh_from_db()
    assert (asked.status, asked.reference) == ("sent", str(TestRefund.objects.get().pk))
    assert (money_of(order), status_of(order), balances()) == ((18000, 0, 18000), "paid", {})
    told = Email.objects.get(kind="refund")
    facts = {name: told.context[name] for name in ("amount", "number", "path")}
    assert facts == {"amount": "$180", "number": order.number, "path": order.get_absolute_url()}
    assert (told.to, told.cause) == (order.member.email, f"refund:{order.number}:1")


def test_part_refunds_are_numbered_and_what_is_left_is_told_when_it_is_too_little(order, ada):
    for amount in (60, 20):
        refund.ask(order.pk, dollars(amount), by=ada, reason="A scratch.")
    with pytest.raises(RefundTooHigh, match=r"\$180 was paid, \$80 of it is given back .* \$100 is left, not \$100.01") as no:
        refund.ask(order.pk, Money(10001, "USD"), by=ada, reason="More.")
    assert no.value.facts == {name: dollars(n).facts for name, n in (("captured", 180), ("refunded", 80), ("left", 100))}
    assert send.sweep() == 2
    assert (statuses(), money_of(order)) == ([("sent", 6000), ("sent", 2000)], (8000, 0, 8000))
    assert balances() == {("USD", "provider"): 10000, ("USD", "sales"): -10000}


@pytest.mark.parametrize(("currency", "price"), [("JPY", 24000), ("KWD", 55125)])
def test_each_currency_goes_back_in_its_own_minor_units(alice, ada, ben, currency, price):
    order = make_purchase(alice, make_drop(1, currency=currency, price=price))
    asked = refund.ask(order.pk, Money(price, currency), by=ada, reason="Back.")
    assert asked.status == "waiting", "a currency without a limit needs a second pair of eyes"
    refund.approve(asked.pk, by=ben)
    send.sweep()
    assert (money_of(order), balances()) == ((price, 0, price), {})


@pytest.mark.parametrize(
    ("money", "reason", "wrong"),
    [
        pytest.param(dollars(1), " ", "reason", id="no reason"),
        pytest.param(dollars(1), "x" * 301, "reason", id="a long reason"),
        pytest.param(dollars(0), "Back.", "amount", id="nothing"),
        pytest.param(dollars(-1), "Back.", "amount", id="below zero"),
        pytest.param(Money(100, "EUR"), "Back.", "amount", id="another currency"),
    ],
)
def test_what_is_no_refund_is_refused_by_name_and_changes_nothing(order, ada, money, reason, wrong):
    with pytest.raises(Invalid) as refused:
        refund.ask(order.pk, money, by=ada, reason=reason)
    assert [*refused.value.facts["errors"]] == [wrong]
    assert (statuses(), money_of(order)) == ([], (0, 0, 0))


def test_of_an_unknown_order_and_of_one_that_the_bank_never_paid_nothing_goes_back(order, ada):
    with pytest.raises(NotFound):
        refund.ask(order.member_id, dollars(1), by=ada, reason="Back.")
    Payment.objects.update(status="uncaptured")
    with pytest.raises(NotCaptured):
        refund.ask(order.pk, dollars(1), by=ada, reason="Back.")
    Payment.objects.update(status="captured")


def test_a_refund_asked_for_twice_under_one_number_is_one(order, ada, ben):
    for _ in range(2):
        refund.ask(order.pk, dollars(10), by=ada, reason="A scratch.", n=1)
    assert statuses() == [("approved", 1000)]
    for by, money, n in ((ben, dollars(10), 1), (ada, dollars(11), 1), (ada, dollars(10), 3)):
        with pytest.raises(OtherRefund):
            refund.ask(order.pk, money, by=by, reason="A scratch.", n=n)
    assert statuses() == [("approved", 1000)]


# -- A second pair of eyes ------------------------------------------------------------------------


@pytest.fixture
def waiting(order, ada, settings):
    """Of $100, with a limit of $50."""
    settings.REFUND_APPROVAL_LIMIT = {"USD": 5000}
    return refund.ask(order.pk, dollars(100), by=ada, reason="Lost.")


def test_above_the_limit_somebody_else_approves_and_only_then_it_is_sent(order, waiting, ada, ben):
    assert (waiting.status, send.sweep(), money_of(order)) == ("waiting", 0, (10000, 0, 0))
    with pytest.raises(OwnRefund):
        refund.approve(waiting.pk, by=ada)
    for _ in range(2):
        assert refund.approve(waiting.pk, by=ben).approved_by == ben
    assert (send.sweep(), money_of(order)) == (1, (10000, 0, 10000))
    with pytest.raises(RefundDecided, match="This refund is: sent"):
        refund.call_off(waiting.pk, by=ada)


def test_a_large_refund_in_small_parts_needs_approval_too(order, ada, settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 5000}
    parts = [refund.ask(order.pk, dollars(25), by=ada, reason="A part.").status for _ in range(3)]
    assert parts == ["approved", "approved", "waiting"]


def test_what_is_called_off_is_free_again_and_cannot_be_approved(order, waiting, ada, ben):
    refund.call_off(waiting.pk, by=ben)
    assert (money_of(order), Refund.objects.get().note) == ((0, 0, 0), "Called off by ben.")
    with pytest.raises(RefundDecided) as refused:
        refund.approve(waiting.pk, by=ben)
    assert refused.value.facts == {"refund_status": "called_off"}
    refund.ask(order.pk, dollars(50), by=ada, reason="Less.")
    assert (send.sweep(), statuses()) == (1, [("called_off", 10000), ("sent", 5000)])


def test_the_database_takes_no_approval_of_ones_own_and_no_promise_above_the_capture(waiting, ada):
    with pytest.raises(IntegrityError, match="refund_approved_by_another"), transaction.atomic():
        Refund.objects.update(approved_by=ada)
    for change in ({"refunded": 18001}, {"refunded": -1}, {"refunded": 10000, "charged_back": 8001}):
        with pytest.raises(IntegrityError, match="payment_money_back_within_capture"), transaction.atomic():
            Payment.objects.update(**change)
    with pytest.raises(IntegrityError, match="payment_money_back_only_of_captured"), transaction.atomic():
        Payment.objects.update(status="voided")


# -- The bank -------------------------------------------------------------------------------------


def test_a_silent_bank_is_asked_again_later_and_later_under_the_same_key(order, ada, monkeypatch):
    asked = refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    answer_with(monkeypatch, GatewayTimeout())
    pauses = []
    for _ in range(3):
        assert (send.sweep(), send.sweep()) == (1, 0)
        asked.refresh_from_db()
        pauses.append(asked.retry_at)
        due_now()
    assert (asked.status, asked.tries, asked.note, asked.key) == (
        "approved",
        3,
        "The bank did not answer.",
        f"refund:{order.number}:1",
    )
    assert pauses == sorted(pauses)
    assert not Email.objects.filter(kind="refund").exists()
    monkeypatch.undo()
    assert (send.sweep(), money_of(order)) == (1, (18000, 0, 18000))


def test_a_yes_that_was_lost_is_found_again_and_gives_back_once(order, ada, monkeypatch):
    refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    with monkeypatch.context() as patch:
        real = TestGateway.refund

        def lost(self, reference, money, *, key):
            real(self, reference, money, key=key)
            raise GatewayTimeout

        patch.setattr(TestGateway, "refund", lost)
        send.sweep()
    assert (statuses(), money_of(order)) == ([("approved", 18000)], (18000, 0, 18000))
    due_now()
    send.sweep()
    assert (statuses(), money_of(order), TestRefund.objects.count()) == ([("sent", 18000)], (18000, 0, 18000), 1)


def test_a_refund_that_the_bank_refuses_is_free_again_and_staff_see_why(order, ada, monkeypatch):
    asked = refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    with monkeypatch.context() as patch:
        answer_with(patch, RefundRefused("the account is closed"))
        send.sweep()
    asked.refresh_from_db()
    assert (asked.status, asked.note, money_of(order)) == ("refused", "The bank refused it: the account is closed", (0, 0, 0))
    assert balances() == {("USD", "provider"): 18000, ("USD", "sales"): -18000}
    assert not Email.objects.filter(kind="refund").exists()


def test_a_gateway_that_breaks_is_asked_again(order, ada, monkeypatch):
    refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    with monkeypatch.context() as patch:
        answer_with(patch, RuntimeError("a bug"))
        send.sweep()
    assert (statuses(), Refund.objects.get().note) == ([("approved", 18000)], "It could not be sent: RuntimeError")
    due_now()
    assert (send.sweep(), statuses()) == (1, [("sent", 18000)])


def test_what_one_process_has_claimed_no_other_gets_before_its_lease_is_over(order, ada):
    refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    moment = Refund.objects.get().retry_at
    assert (due.claim(moment).n, due.claim(moment)) == (1, None)


# -- Orders that have ended -----------------------------------------------------------------------


def move(order, to):
    with transaction.atomic():
        moves.move(moves.lock_orders([order.pk])[order.pk], to)


def test_an_order_that_came_back_is_refunded_once_the_bank_gave_all_of_it_back(order, ada):
    for to in ("packed", "shipped", "returned"):
        move(order, order.Status(to))
    refund.ask(order.pk, dollars(100), by=ada, reason="Back.")
    send.sweep()
    assert status_of(order) == "returned"
    refund.ask(order.pk, dollars(80), by=ada, reason="Back.")
    assert status_of(order) == "returned"
    send.sweep()
    assert (status_of(order), order.moves.last().to) == ("refunded", "refunded")


def test_an_order_whose_money_went_back_before_is_refunded_when_its_pair_comes_back(order, ada):
    for to in ("packed", "shipped"):
        move(order, order.Status(to))
    refund.ask(order.pk, dollars(180), by=ada, reason="Back.")
    send.sweep()
    assert status_of(order) == "shipped"
    move(order, order.Status.RETURNED)
    assert status_of(order) == "refunded"
