"""A refund that did not arrive, though the bank had said yes: booked back, still owed, and told as it is (M6)."""

import pytest
from django.db.models import F

from community.models import Notice
from dropshop.core.outbox.compose import content
from dropshop.core.outbox.models import Email
from reservations.models import LedgerTransfer, Payment, ProviderEvent, Refund
from reservations.payments.events import handle
from reservations.payments.stripe.webhook import _event
from reservations.refunds import reports, send
from reservations.refunds.cancel import cancel
from reservations.refunds.locked import NOT_TAKEN
from reservations.refunds.refund import ask
from tests.make import make_drop, make_member, make_reservation
from tests.reservations.payments.ledger.bookkeeping import balances
from tests.reservations.refunds.giving_back import dollars, found, status_of, statuses
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_audit_finds_nothing():
    yield
    assert found() == []


@pytest.fixture
def sale(stripe, alice):
    return pay(make_reservation(alice, make_drop(1)), "pm_card_visa").purchase


@pytest.fixture
def payment(sale):
    return Payment.objects.get()


@pytest.fixture
def root():
    """Staff who may give money back."""
    return make_member("root", is_staff=True, is_superuser=True)


def give_back(sale, amount, by):
    ask(sale.pk, dollars(amount), by=by, reason="A scratch.")
    send.sweep()


def the_refund(stripe):
    (refund,) = stripe.books.refunds.values()
    return refund


def tell(events):
    for event in events:
        handle.store(_event(event))
    ProviderEvent.objects.filter(status="waiting").update(retry_at=F("received_at"))
    handle.handle_due()


def kinds():
    """Of the e-mails, and of the notices."""
    emails = Email.objects.filter(kind__startswith="refund").order_by("created_at", "kind")
    return [*emails.values_list("kind", flat=True)], [*Notice.objects.values_list("member__username", "kind")]


LEDGER = {("USD", "provider"): 18000, ("USD", "sales"): -18000}


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_after_its_yes_is_booked_back_once(stripe, sale, root, chance, status):
    """Its events shuffled and repeated, as all of Stripe's are."""
    give_back(sale, 60, root)
    tell(stripe.books.events)
    stripe.books.fail_refund(the_refund(stripe), status)
    for _ in range(3):
        chance.shuffle(stripe.books.events)
        tell(stripe.books.events)
    payment = Payment.objects.get()
    assert (statuses(), payment.refunded, payment.left, balances()) == ([("failed", 6000)], 0, dollars(180), LEDGER)
    booked = LedgerTransfer.objects.filter(cause="refund:1").order_by("pk").values_list("kind", flat=True)
    assert ([*booked], kinds()) == (
        ["refunded", "came_back"],
        (["refund", "refund_failed"], [("root", "staff-refund")]),
    )


def test_what_failed_can_be_given_back_again(stripe, sale, payment, root):
    give_back(sale, 180, root)
    stripe.books.fail_refund(the_refund(stripe))
    tell(stripe.books.events)
    give_back(sale, 180, root)
    assert statuses() == [("failed", 18000), ("sent", 18000)]
    assert (stripe.books.refunded(payment.authorisation), balances()) == (18000, {})


def test_the_shopper_and_staff_are_told_why_and_what_happens(stripe, sale, root, sign_in):
    give_back(sale, 60, root)
    stripe.books.fail_refund(the_refund(stripe))
    tell(stripe.books.events)
    page = sign_in(sale.member).get(sale.get_absolute_url()).context["money_back"]
    assert [tuple(line) for line in page] == [
        ("error", "$60 did not reach you: your bank did not take it. We are looking for another way.")
    ]
    written = content(Email.objects.get(kind="refund_failed"))
    assert written.subject == "$60 did not reach you"
    assert "It is still yours." in written.text
    notice, refund = Notice.objects.get(), Refund.objects.get()
    assert (notice.text, notice.url) == (
        f"$60 for {sale.number} did not reach the shopper. {NOT_TAKEN} expired or canceled card",
        f"/admin/reservations/refund/{refund.pk}/change/",
    )


@pytest.mark.parametrize("ended", ["cancelled", "returned"])
def test_an_order_that_was_refunded_is_again_what_it_was_before(stripe, sale, root, ended):
    if ended == "cancelled":
        cancel(sale.pk, by=root, reason="By mistake.", refund=True)
    else:
        type(sale).objects.update(status="returned")
        ask(sale.pk, dollars(180), by=root, reason="It is back.")
    send.sweep()
    assert status_of(sale) == "refunded"
    stripe.books.fail_refund(the_refund(stripe))
    for _ in range(2):
        tell(stripe.books.events)
    assert status_of(sale) == ended
    give_back(sale, 180, root)
    assert status_of(sale) == "refunded"


def test_a_refund_that_failed_before_its_yes_was_heard_is_refused(stripe, sale, payment, root):
    """Nobody was told that it is on its way, so nobody is told that it is not."""
    ask(sale.pk, dollars(60), by=root, reason="A scratch.")
    stripe.misbehave("refund", "500 after")
    send.sweep()
    stripe.books.fail_refund(the_refund(stripe))
    tell(stripe.books.events)
    send.sweep()
    payment.refresh_from_db()
    assert (statuses(), payment.refunded, kinds()) == ([("refused", 6000)], 0, ([], [("root", "staff-refund")]))
    reports.report_refund(payment, dollars(60), reference=the_refund(stripe)["id"], key=Refund.objects.get().key)
    assert statuses() == [("refused", 6000)], "what was read before it failed"


def test_a_refund_that_fails_at_once_is_refused(stripe, sale, root):
    stripe.books.refund_status = "failed"
    give_back(sale, 60, root)
    tell(stripe.books.events)
    assert (statuses(), kinds()) == ([("refused", 6000)], ([], [("root", "staff-refund")]))


def test_a_refund_of_ours_that_failed_is_never_made_anew_under_its_key(stripe, sale, root):
    """Also after Stripe has forgotten the key."""
    ask(sale.pk, dollars(60), by=root, reason="A scratch.")
    stripe.misbehave("refund", "cut after")
    send.sweep()
    stripe.books.fail_refund(the_refund(stripe))
    stripe.forget_keys()
    Refund.objects.update(retry_at=F("created_at"))
    send.sweep()
    assert (statuses(), the_refund(stripe)["status"]) == ([("refused", 6000)], "failed")


def test_a_refund_made_at_the_provider_that_failed_is_written_down_and_not_booked_by_an_older_report(stripe, sale, payment):
    for report in (reports.report_refund_failed, reports.report_refund, reports.report_refund_failed):
        report(payment, dollars(50), reference="re_by_hand")
    payment.refresh_from_db()
    assert (statuses(), payment.refunded, balances(), kinds()) == ([("failed", 5000)], 0, LEDGER, ([], []))


def test_a_report_above_the_capture_that_failed_is_settled(stripe, sale, payment, root):
    ask(sale.pk, dollars(150), by=root, reason="To be sent.")
    reports.report_refund(payment, dollars(100), reference="re_by_hand")
    reports.report_refund_failed(payment, dollars(100), reference="re_by_hand")
    assert statuses() == [("approved", 15000), ("failed", 10000)]


def test_what_did_not_arrive_makes_room_for_what_was_above(stripe, sale, payment, root):
    give_back(sale, 150, root)
    reports.report_chargeback(payment, dollars(80), reference="dp_1")
    stripe.books.fail_refund(the_refund(stripe))
    tell(stripe.books.events)
    payment.refresh_from_db()
    assert (statuses(), payment.refunded, payment.charged_back) == ([("failed", 15000)], 0, 8000)
