"""What the provider tells of by itself is booked once, and never above the capture."""

import pytest

from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from dropshop.core.outbox.models import Email
from reservations.models import Chargeback, LedgerTransfer, Payment, Refund
from reservations.payments.gateways import GatewayTimeout, RefundRefused
from reservations.payments.test_bank.gateway import TestGateway
from reservations.refunds import refund, reports, send
from reservations.refunds.cancel import cancel
from reservations.refunds.errors import NotCaptured
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.refunds.giving_back import answer_with, dollars, found, money_of, status_of, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing():
    yield
    assert found() == []


def of_ledger(**accounts):
    return {("USD", account): minor * 100 for account, minor in accounts.items()}


# -- Refunds that were made at the provider -------------------------------------------------------


def test_a_refund_made_at_the_provider_is_booked_once_and_told(order, payment, ada):
    for _ in range(2):
        reports.report_refund(payment, dollars(60), reference="re_1")
    booked = Refund.objects.get()
    assert (booked.n, booked.source, booked.status, booked.amount) == (1, "provider", "sent", 6000)
    assert (money_of(order)[0], balances()) == (6000, of_ledger(provider=120, sales=-120))
    assert Email.objects.filter(kind="refund").count() == 1
    assert refund.ask(order.pk, dollars(120), by=ada, reason="The rest.").n == 2


def test_all_of_a_cancelled_order_given_back_at_the_provider_ends_it(order, payment, ada):
    cancel(order.pk, by=ada, reason="By mistake.")
    reports.report_refund(payment, dollars(180), reference="re_1")
    assert status_of(order) == "refunded"


def test_the_providers_report_of_our_own_refund_settles_ours(order, payment, ada, monkeypatch):
    """The report comes before the answer, or in its place."""
    asked = refund.ask(order.pk, dollars(60), by=ada, reason="A scratch.")
    with monkeypatch.context() as patch:
        answer_with(patch, GatewayTimeout())
        send.sweep()
    for _ in range(2):
        reports.report_refund(payment, dollars(60), reference="re_1", key=asked.key)
    send.confirm(asked, "re_1")
    assert (statuses(), Refund.objects.get().reference) == ([("sent", 6000)], "re_1")
    assert balances() == of_ledger(provider=120, sales=-120)


def test_our_own_refund_reported_without_its_key_is_not_counted_twice(order, payment, ada, monkeypatch):
    refund.ask(order.pk, dollars(60), by=ada, reason="A scratch.")
    with monkeypatch.context() as patch:
        real = TestGateway.refund

        def reported_first(self, reference, money, *, key):
            ours = real(self, reference, money, key="by hand")
            reports.report_refund(payment, money, reference=ours)
            return ours

        patch.setattr(TestGateway, "refund", reported_first)
        send.sweep()
    assert (statuses(), money_of(order)) == ([("called_off", 6000), ("sent", 6000)], (6000, 0, 6000))


def test_a_wish_of_staff_makes_room_for_what_has_gone_back_and_the_newest_first(order, payment, ada, settings):
    settings.REFUND_APPROVAL_LIMIT = {}
    for amount in (50, 60):
        refund.ask(order.pk, dollars(amount), by=ada, reason="A part.")
    reports.report_refund(payment, dollars(100), reference="re_1")
    assert statuses() == [("waiting", 5000), ("called_off", 6000), ("sent", 10000)]
    assert money_of(order)[0] == 15000


def test_what_is_reported_above_the_capture_is_kept_for_staff_and_booked_once_there_is_room(order, payment, ada, monkeypatch):
    refund.ask(order.pk, dollars(150), by=ada, reason="To be sent.")
    reports.report_refund(payment, dollars(100), reference="re_1")
    reports.report_chargeback(payment, dollars(80), reference="dp_1")
    assert statuses() == [("approved", 15000), ("above", 10000)]
    assert (Chargeback.objects.get().status, money_of(order)[:2]) == ("above", (15000, 0))
    answer_with(monkeypatch, RefundRefused("nothing is left"))
    send.sweep()
    assert statuses() == [("refused", 15000), ("sent", 10000)]
    assert (Chargeback.objects.get().status, money_of(order)[:2]) == ("taken", (10000, 8000))
    assert balances() == of_ledger(chargebacks=80, sales=-80)


# -- Chargebacks ----------------------------------------------------------------------------------


def test_a_chargeback_is_booked_once_and_nothing_above_what_it_leaves_is_given_back(order, payment, ada):
    for _ in range(2):
        reports.report_chargeback(payment, dollars(150), reference="dp_1")
    assert balances() == of_ledger(provider=30, chargebacks=150, sales=-180)
    cancel(order.pk, by=ada, reason="Charged back.", refund=True)
    send.sweep()
    assert (statuses(), money_of(order), status_of(order)) == ([("sent", 3000)], (3000, 15000, 3000), "cancelled")


def test_a_chargeback_that_was_won_is_ours_again_once(order, payment):
    reports.report_chargeback(payment, dollars(180), reference="dp_1")
    for _ in range(2):
        assert reports.report_chargeback_won("dp_1").status == "won"
    assert (money_of(order), balances()) == ((0, 0, 0), of_ledger(provider=180, sales=-180))
    kinds = LedgerTransfer.objects.filter(cause__gt="").order_by("pk").values_list("kind", flat=True)
    assert [*kinds] == ["charged_back", "won_back"]
    reports.report_chargeback(payment, dollars(180), reference="dp_1")
    assert money_of(order) == (0, 0, 0), "the same chargeback, told again"


def test_a_chargeback_above_the_capture_that_was_won_moves_nothing(order, payment, ada):
    refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    send.sweep()
    assert reports.report_chargeback(payment, dollars(180), reference="dp_1").status == "above"
    reports.report_chargeback_won("dp_1")
    assert (money_of(order), balances()) == ((18000, 0, 18000), {})


def test_of_two_chargebacks_that_are_more_than_the_capture_one_is_booked(order, payment):
    for reference in ("dp_1", "dp_2"):
        reports.report_chargeback(payment, dollars(100), reference=reference)
    assert [*Chargeback.objects.order_by("pk").values_list("status", flat=True)] == ["taken", "above"]
    reports.report_chargeback_won("dp_1")
    assert [*Chargeback.objects.order_by("pk").values_list("status", flat=True)] == ["won", "taken"]
    assert money_of(order)[1] == 10000


# -- What is no report ---------------------------------------------------------------------------


REPORTS = {
    "refund": reports.report_refund,
    "chargeback": reports.report_chargeback,
}


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize(
    "money", [Money(100, "EUR"), Money(0, "USD"), Money(-5, "USD")], ids=["euros", "nothing", "below zero"]
)
def test_a_sum_in_another_currency_or_of_nothing_is_refused(payment, kind, money):
    with pytest.raises(Invalid):
        REPORTS[kind](payment, money, reference="x_1")
    assert not Refund.objects.exists() | Chargeback.objects.exists()


def test_of_a_payment_that_was_never_captured_nothing_is_booked(payment):
    Payment.objects.update(status="uncaptured")
    for kind in ("refund", "chargeback"):
        with pytest.raises(NotCaptured):
            REPORTS[kind](payment, dollars(1), reference="x_1")
    Payment.objects.update(status="captured")
