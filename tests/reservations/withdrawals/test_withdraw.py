"""A withdrawal is kept as it was stated, told back at once, and stops what has not left."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction

from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from reservations.models import OrderMove, Purchase, Withdrawal
from reservations.withdrawals.withdraw import withdraw

pytestmark = pytest.mark.django_db
STATED = {"name": "Alice Ångström", "email": "alice@example.com"}


def status_of(order):
    return Purchase.objects.get(pk=order.pk).status


@pytest.mark.parametrize("status", ["processing", "paid", "packed"])
def test_what_has_not_left_is_cancelled_at_once_and_its_history_says_why(order, alice, status):
    Purchase.objects.filter(pk=order.pk).update(status=status)
    made, created = withdraw(order.pk, **STATED, by=alice)
    assert (created, made.status, made.signed_in, made.name, made.email) == (True, "pair_back", True, *STATED.values())
    assert list(OrderMove.objects.values_list("was", "to", "by", "note")) == [(status, "cancelled", alice.pk, "Withdrawal")]
    assert Purchase.objects.get(pk=order.pk).restocked is False


@pytest.mark.parametrize("status", ["shipped", "delivered", "returned"])
def test_what_has_left_stays_as_it_is_until_staff_have_it(order, status):
    Purchase.objects.filter(pk=order.pk).update(status=status)
    made, _ = withdraw(order.pk, **STATED)
    assert (status_of(order), OrderMove.objects.count()) == (status, 0)
    assert (made.status, made.signed_in) == ("pair_back" if status == "returned" else "received", False)


def test_the_same_again_is_the_same_withdrawal_and_one_e_mail(order, alice):
    first, again = (withdraw(order.pk, **STATED, by=alice) for _ in range(2))
    assert (first.created, again.created, again.withdrawal) == (True, False, first.withdrawal)
    assert Email.objects.filter(kind="withdrawal_received").count() == 1


def test_nobody_withdraws_from_what_is_somebody_elses(order, bob):
    for pk, who in ((order.pk, bob), (uuid4(), bob), (uuid4(), None)):
        with pytest.raises(DropshopError) as refused:
            withdraw(pk, **STATED, by=who)
        assert refused.value.code == "not_found"
    assert (Withdrawal.objects.count(), status_of(order)) == (0, "paid")


def test_too_late_is_too_late_and_changes_nothing(order, alice, delivered):
    delivered(order, f"{database_time() - timedelta(days=30):%Y-%m-%d %H:%M}")
    with pytest.raises(DropshopError) as refused:
        withdraw(order.pk, **STATED, by=alice)
    assert (refused.value.code, Withdrawal.objects.count(), Email.objects.filter(kind="withdrawal_received").count()) == (
        "withdrawal_closed",
        0,
        0,
    )


def test_the_receipt_says_what_was_stated_and_when_and_what_is_next(order, settings, delivered):
    settings.RETURN_ADDRESS, settings.RETURN_COSTS = ["dropshop returns", "1 Yard", "10115 Berlin"], "shopper"
    settings.WITHDRAWAL_TIME_ZONE = "Europe/Berlin"
    delivered(order, f"{database_time():%Y-%m-%d %H:%M}")
    withdraw(order.pk, **STATED)
    send.sweep()
    message = next(sent for sent in mail.outbox if "withdrawal" in sent.subject)
    assert (message.to, message.subject) == ([STATED["email"]], f"We have received your withdrawal from order {order.number}")
    for words in (message.body, message.alternatives[0].content):
        plain = " ".join(re.sub(r"<[^>]+>", " ", words).split())
        said = ("Alice Ångström", "alice@example.com", order.number, "Ember Runner, size 9", str(order.money))
        assert [text in plain for text in said] == [True] * len(said)
        assert re.search(r"We received your statement on \d+ \w+ \d{4}, \d\d:\d\d:\d\d \(Europe/Berlin\)", plain)
        assert "You pay for sending it. Send it to: dropshop returns 1 Yard 10115 Berlin" in plain
        assert "Lace Lane" not in plain


@pytest.mark.parametrize("status", ["paid", "packed", "returned"])
def test_the_receipt_of_what_is_with_the_shop_asks_for_nothing(order, status):
    Purchase.objects.update(status=status)
    withdraw(order.pk, **STATED)
    send.sweep()
    message = next(sent for sent in mail.outbox if "withdrawal" in sent.subject)
    assert "The pair stays with us." in message.body
    assert "Send the pair back" not in message.body


def test_somebody_whose_account_is_closed_gets_the_receipt_too(order, alice):
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    withdraw(order.pk, **STATED)
    send.sweep()
    assert [sent.to for sent in mail.outbox if "withdrawal" in sent.subject] == [[STATED["email"]]]


def test_a_member_without_an_address_withdraws_all_the_same(order, alice):
    made, _ = withdraw(order.pk, name="Alice", email="", by=alice)
    assert (made.email, Email.objects.filter(kind="withdrawal_received").count()) == ("", 0)


def test_name_and_address_are_encrypted(order):
    made, _ = withdraw(order.pk, **STATED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name || email FROM reservations_withdrawal")
        (stored,) = cursor.fetchone()
    assert [word in stored for word in ("Alice", "example.com")] == [False, False]
    assert Withdrawal.objects.get(pk=made.pk).name == STATED["name"]


CHANGES = {
    "another moment": {"created_at": "2026-01-01 00:00Z"},
    "another deadline": {"deadline": "2030-01-01 00:00Z"},
    "another name": {"name": "Mallory"},
    "words forgotten too early": {"name": None, "email": None},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_database_keeps_the_statement_as_it_is(order, change):
    withdraw(order.pk, **STATED)
    with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
        Withdrawal.objects.update(**change)
    with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
        Withdrawal.objects.all().delete()


def test_what_is_settled_is_settled_once_and_then_its_words_may_go(order, staff):
    withdraw(order.pk, **STATED)
    Withdrawal.objects.update(settled_at=database_time(), settled_by=staff, note="Paid in cash to Alice.")
    for change in ({"settled_at": None, "settled_by": None, "note": ""}, {"note": "Not paid."}, {"name": "Mallory"}):
        with pytest.raises(DatabaseError, match="stands as it was stated"), transaction.atomic():
            Withdrawal.objects.update(**change)
    Withdrawal.objects.update(name=None, email=None, note="")
    assert Withdrawal.objects.get().name is None


def test_the_database_knows_one_withdrawal_of_an_order_and_no_settling_without_a_moment(order, staff):
    made, _ = withdraw(order.pk, **STATED)
    with pytest.raises(IntegrityError, match="purchase_id"), transaction.atomic():
        Withdrawal.objects.create(purchase=order, signed_in=False, created_at=made.created_at, deadline=made.deadline, **STATED)
    with pytest.raises(IntegrityError, match="withdrawal_settled_by_someone"), transaction.atomic():
        Withdrawal.objects.update(settled_by=staff)


def test_open_and_overdue_are_told_apart(order):
    made, _ = withdraw(order.pk, **STATED)
    late = made.deadline + timedelta(seconds=1)
    assert [Withdrawal.objects.overdue(at).count() for at in (made.deadline, late)] == [0, 1]
    Withdrawal.objects.update(settled_at=late)
    assert (Withdrawal.objects.overdue(late).count(), Withdrawal.objects.open().count()) == (0, 0)
