"""The receipt of a sale is there exactly when its money was taken, and says what was bought."""

import pytest
from django.core import mail
from django.db import DataError

from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from reservations.models import Purchase
from reservations.payments import provider
from reservations.payments.errors import PaymentDeclined
from reservations.purchases import buy
from reservations.purchases.receipts import KIND, address_lines
from tests.make import ADDRESS, make_drop, make_member, make_members, make_purchase, make_reservation
from tests.reservations.payments.test_due import sweep_later
from tests.reservations.purchases.test_reconcile import killed_at
from tests.reservations.till import buy_all, order, pay, said

pytestmark = pytest.mark.django_db
LINES = ["Alice Ångström", "1 Lace Lane", "97201 Portland, OR", "United States"]


def test_a_sale_that_is_paid_writes_its_receipt(alice):
    drop = make_drop({"9": 1}, title="Ember Runner", price=18050, currency="EUR")
    sale = make_purchase(alice, drop, "9")
    receipt = Email.objects.get()
    assert (receipt.kind, receipt.cause, receipt.member, receipt.to) == (KIND, f"purchase:{sale.pk}", alice, alice.email)
    assert receipt.context == {
        "number": sale.number,
        "title": "Ember Runner",
        "size": "size 9",
        "price": "€180.50",
        "shipping": "",
        "tax": "",
        "tax_label": "",
        "total": "€180.50",
        "collected": False,
        "arrives": "",
        "address": LINES,
        "path": f"/orders/{sale.pk}/",
    }


def test_the_receipt_arrives_with_the_number_that_was_sold(alice):
    sale = make_purchase(alice, make_drop({"9": 1}, title="Ember Runner"), "9")
    send.sweep()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([alice.email], f"Your order {sale.number}: Ember Runner, size 9")
    assert Purchase.objects.get().number == sale.number


def test_no_sale_writes_no_receipt(alice):
    with pytest.raises(PaymentDeclined):
        pay(make_reservation(alice, make_drop(1)), "test_declined")
    assert Email.objects.count() == 0


def test_a_sale_whose_money_was_not_taken_has_its_receipt_once_it_was(monkeypatch, alice):
    hold = make_reservation(alice, make_drop(1))
    with monkeypatch.context() as patch:
        patch.setattr(buy, "capture", lambda payment: False)
        assert pay(hold).purchase.status == "processing"
    assert Email.objects.count() == 0
    assert sweep_later() == 1
    assert Email.objects.get().cause == f"purchase:{Purchase.objects.get().pk}"


def test_what_cannot_be_booked_leaves_no_receipt(monkeypatch, alice):
    """The last thing that a capture writes fails: payment, ledger and receipt are undone together."""

    hold = make_reservation(alice, make_drop(1))
    monkeypatch.setattr(provider, "CAPTURED", provider.CAPTURED.replace("'paid'", "(1 / (status IS NULL)::int)::text"))
    with pytest.raises(DataError):
        pay(hold)
    assert (Purchase.objects.get().status, Email.objects.count()) == ("processing", 0)


def test_buying_twice_writes_one_receipt(alice):
    hold = make_reservation(alice, make_drop(1))
    assert pay(hold).created
    assert not pay(hold).created
    assert Email.objects.count() == 1


def test_a_sale_that_was_finished_later_has_its_receipt_too(monkeypatch, alice):
    killed_at(monkeypatch, buy, "decide_each", make_reservation(alice, make_drop(1)))
    assert sweep_later() == 1
    receipt = Email.objects.get()
    assert (receipt.kind, receipt.context["address"]) == (KIND, LINES)
    assert receipt.cause == f"purchase:{Purchase.objects.get().pk}"


def test_a_batch_writes_a_receipt_for_each_who_can_be_written_to():
    members = [*make_members(3), make_member(email="")]
    drop = make_drop(4)
    holds = [make_reservation(member, drop) for member in members]
    assert said(buy_all(*map(order, holds))) == [True] * 4
    assert {email.member_id for email in Email.objects.all()} == {member.pk for member in members[:3]}


def test_a_receipt_that_was_written_before_stops_nothing(alice):
    hold = make_reservation(alice, make_drop(1))
    sale = pay(hold).purchase
    payment = hold.payments.get()
    assert write(KIND, f"purchase:{sale.pk}", to="ada@example.com") is False
    provider._captured([payment])
    assert Email.objects.get().to == alice.email


def test_an_address_has_no_empty_state_and_its_country_by_name():
    assert address_lines({**ADDRESS, "state": "", "country": "DE"})[2:] == ["97201 Portland", "Germany"]
