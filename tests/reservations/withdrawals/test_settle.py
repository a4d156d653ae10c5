"""The end of a withdrawal, and what is forgotten with the member who leaves."""

import pytest

from community.personal_data import erasure
from community.personal_data.export import everything_about
from dropshop.core.clock import iso
from dropshop.core.errors import DropshopError
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from reservations.models import Withdrawal
from reservations.orders import shipping
from reservations.refunds import send as refunds
from reservations.withdrawals.settle import settle
from reservations.withdrawals.withdraw import withdraw
from tests.reservations.refunds.giving_back import status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
STATED = {"name": "Alice Ångström", "email": "alice@example.com"}


def words_of(withdrawal):
    return Withdrawal.objects.values_list("name", "email", "note").get(pk=withdrawal.pk)


def receipt():
    return Email.objects.get(kind="withdrawal_received")


def test_staff_settle_with_a_reason_once_and_the_order_stays(order, staff, bob, ship):
    ship(order)
    made, _ = withdraw(order.pk, **STATED)
    with pytest.raises(DropshopError) as refused:
        settle(made.pk, by=staff, reason=" ")
    assert refused.value.code == "invalid"
    first = settle(made.pk, by=staff, reason="Paid in cash.")
    again = settle(made.pk, by=bob, reason="Not paid.")
    assert (first.note, again.note, again.settled_by, status_of(order)) == ("Paid in cash.", "Paid in cash.", staff, "shipped")


def test_an_export_has_what_was_stated(order, alice):
    made, _ = withdraw(order.pk, **STATED)
    assert everything_about(alice)["withdrawals"] == [
        {
            "id": str(made.pk),
            "purchase": str(order.pk),
            "created_at": iso(made.created_at),
            "deadline": iso(made.deadline),
            "status": "pair_back",
            **STATED,
            "settled_at": None,
        }
    ]


def test_what_is_settled_is_forgotten_with_the_member(order, alice, staff):
    made, _ = withdraw(order.pk, **STATED)
    send.sweep()
    settle(made.pk, by=staff, reason="Alice was paid in cash.")
    erasure.erase(alice)
    assert (words_of(made), receipt().to, receipt().context) == ((None, None, ""), None, None)


def test_what_is_open_can_still_be_answered_and_is_forgotten_when_it_is_settled(order, alice, staff, ship):
    ship(order)
    made, _ = withdraw(order.pk, **STATED)
    erasure.erase(alice)
    assert words_of(made) == (*STATED.values(), "")
    assert (receipt().status, receipt().to) == ("waiting", STATED["email"]), "the receipt is owed all the same"
    send.sweep()
    assert receipt().status == "sent"
    shipping.receive_return([order.pk], by=staff)
    refunds.sweep()
    assert Withdrawal.objects.get().status == "settled"
    assert (words_of(made), receipt().to) == ((None, None, ""), None)


def test_who_stays_is_not_forgotten(order, bob, staff):
    made, _ = withdraw(order.pk, **STATED)
    settle(made.pk, by=staff, reason="Paid.")
    erasure.erase(bob)
    assert words_of(made) == (*STATED.values(), "Paid.")
