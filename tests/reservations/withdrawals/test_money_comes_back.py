"""Money that had gone back and is the shop's again: its withdrawal is open once more. And all ways that money goes back."""

import pytest
from django.db import DatabaseError, transaction

from community.personal_data import erasure
from dropshop.core.clock import database_time
from reservations.models import Refund, TestCharge, Withdrawal
from reservations.orders import shipping
from reservations.refunds import refund, reports, send
from reservations.withdrawals import money
from reservations.withdrawals.settle import settle
from reservations.withdrawals.withdraw import withdraw
from tests.reservations.refunds.giving_back import dollars, found, status_of, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
STATED = {"name": "Alice Ångström", "email": "alice@example.com"}


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 50000}


@pytest.fixture
def payment(order):
    return order.reservation.payments.get()


def fail(payment, n):
    """The shopper's bank sends the n-th refund back."""
    sent = Refund.objects.get(n=n)
    TestCharge.objects.update(refunded=0)
    reports.report_refund_failed(payment, sent.money, reference=sent.reference, key=sent.key, why="expired card")


def standing():
    """(state, note, who settled it) of the withdrawal."""
    found = Withdrawal.objects.select_related("purchase").get()
    return found.status.value, found.note, found.settled_by_id


def test_a_withdrawal_is_open_again_when_its_refund_did_not_arrive(order, payment, staff):
    deadline = withdraw(order.pk, **STATED).withdrawal.deadline
    send.sweep()
    assert (standing()[0], status_of(order)) == ("settled", "refunded")
    for _ in range(2):
        fail(payment, 1)
    assert standing() == ("pair_back", "Refund 1 of $180 did not arrive.", None)
    assert [*Withdrawal.objects.overdue(deadline)] == [], "due as before"
    assert Withdrawal.objects.open().get().deadline == deadline
    assert (money.sweep(), statuses()) == (0, [("failed", 18000)]), "the same card is not asked for ever"
    refund.ask(order.pk, dollars(180), by=staff, reason="To another card.")
    send.sweep()
    assert (standing()[0], statuses()) == ("settled", [("failed", 18000), ("sent", 18000)])


def test_what_staff_settled_is_open_again_when_a_part_did_not_arrive(order, payment, staff, ship):
    ship(order)
    withdraw(order.pk, **STATED)
    give_back(order, staff, 100)
    settle(Withdrawal.objects.get().pk, by=staff, reason="The rest was paid in cash.")
    fail(payment, 1)
    assert standing() == ("received", "Refund 1 of $100 did not arrive.", None)


def test_what_failed_before_it_was_settled_does_not_open_it(order, payment, staff):
    withdraw(order.pk, **STATED)
    send.sweep()
    fail(payment, 1)
    settle(Withdrawal.objects.get().pk, by=staff, reason="Paid in cash.")
    fail(payment, 1)
    assert standing() == ("settled", "Paid in cash.", staff.pk)


def test_a_refund_that_was_never_sent_opens_nothing(order, staff):
    made, _ = withdraw(order.pk, **STATED)
    settle(made.pk, by=staff, reason="Paid in cash.")
    send.refuse(Refund.objects.get(), "The card is closed.")
    assert standing() == ("settled", "Paid in cash.", staff.pk)


def test_words_that_were_forgotten_stay_so_when_it_is_open_again(order, payment, alice, staff):
    withdraw(order.pk, **STATED)
    send.sweep()
    erasure.erase(alice)
    fail(payment, 1)
    assert standing()[:2] == ("pair_back", "Refund 1 of $180 did not arrive.")
    assert Withdrawal.objects.values_list("name", "email").get() == (None, None)
    settle(Withdrawal.objects.get().pk, by=staff, reason="Alice was paid in cash.")
    assert standing() == ("settled", "", staff.pk)


CHANGES = {
    "without a note": {"settled_at": None, "settled_by": None, "note": ""},
    "with other words": {"settled_at": None, "settled_by": None, "note": "Open.", "name": "Mallory"},
    "with another deadline": {"settled_at": None, "settled_by": None, "note": "Open.", "deadline": "2030-01-01 00:00Z"},
    "settled otherwise": {"note": "Not paid."},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_database_opens_it_for_a_refund_that_failed_and_for_nothing_else(order, change, staff):
    withdraw(order.pk, **STATED)
    send.sweep()
    opens = {"settled_at": None, "settled_by": None, "note": "Open."}
    with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
        Withdrawal.objects.update(**opens)
    Refund.objects.update(status="failed", settled_at=database_time())
    with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
        Withdrawal.objects.update(**change)
    assert Withdrawal.objects.update(**opens) == 1
    Withdrawal.objects.update(settled_at=database_time(), settled_by=staff, note="Paid.")
    with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
        Withdrawal.objects.update(**opens)


def test_a_chargeback_of_all_settles_it_and_opens_it_again_when_it_is_won(order, payment, staff, ship):
    ship(order)
    withdraw(order.pk, **STATED)
    reports.report_chargeback(payment, dollars(180), reference="dp_1")
    assert standing() == ("settled", money.ALL_BACK, None)
    reports.report_chargeback_won("dp_1")
    assert standing() == ("received", "The chargeback of $180 was won.", None)
    shipping.receive_return([order.pk], by=staff)
    assert statuses() == [("approved", 18000)], "what is ours again is owed again"
    send.sweep()
    assert (standing()[0], status_of(order), found()) == ("settled", "refunded", [])


def give_back(order, staff, amount):
    refund.ask(order.pk, dollars(amount), by=staff, reason="A scratch.")
    send.sweep()


WAYS = {
    "by the provider": lambda order, payment, staff: reports.report_refund(payment, dollars(180), reference="re_1"),
    "by staff": lambda order, payment, staff: [give_back(order, staff, 100), give_back(order, staff, 80)],
    "by staff and a bank": lambda order, payment, staff: [
        give_back(order, staff, 100),
        reports.report_chargeback(payment, dollars(80), reference="dp_1"),
    ],
    "by the provider and two banks": lambda order, payment, staff: [
        reports.report_chargeback(payment, dollars(50), reference="dp_1"),
        reports.report_refund(payment, dollars(50), reference="re_1"),
        reports.report_chargeback(payment, dollars(80), reference="dp_2"),
    ],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("is_before", [True, False], ids=["withdrawn before", "withdrawn after"])
def test_it_is_settled_when_all_of_the_money_is_back_whichever_way(order, staff, ship, way, is_before):
    ship(order)
    if is_before:
        withdraw(order.pk, **STATED)
    way(order, order.reservation.payments.get(), staff)
    if not is_before:
        assert withdraw(order.pk, **STATED).withdrawal.status == "settled"
    assert (standing()[0], status_of(order), found()) == ("settled", "shipped", [])


def test_a_part_that_a_bank_has_taken_settles_nothing(order, payment, ship):
    ship(order)
    withdraw(order.pk, **STATED)
    reports.report_chargeback(payment, dollars(179), reference="dp_1")
    assert standing() == ("received", "", None)


def test_a_chargeback_above_what_was_promised_settles_it_once_the_refund_is_refused(order, payment):
    withdraw(order.pk, **STATED)
    reports.report_chargeback(payment, dollars(180), reference="dp_1")
    assert standing()[0] == "pair_back"
    send.refuse(Refund.objects.get(), "The bank has taken the payment back.")
    assert (standing()[:2], found()) == (("settled", money.ALL_BACK), [])


def test_a_chargeback_that_takes_the_place_of_a_refund_that_failed_leaves_it_settled(order, payment):
    withdraw(order.pk, **STATED)
    send.sweep()
    reports.report_chargeback(payment, dollars(180), reference="dp_1")
    fail(payment, 1)
    assert standing()[0] == "settled"
