"""The receipt of a sale is there exactly when the sale is, and says what was bought."""

from uuid import uuid4

import pytest
from django.core import mail

from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from reservations.models import Purchase
from reservations.payments.errors import PaymentDeclined
from reservations.purchases import buy, decide
from reservations.purchases.receipts import KIND, address_lines
from tests.make import ADDRESS, make_drop, make_member, make_members, make_purchase, make_reservation
from tests.reservations.payments.test_due import sweep_later
from tests.reservations.purchases.test_reconcile import killed_at
from tests.reservations.till import buy_all, order, pay, said

pytestmark = pytest.mark.django_db
LINES = ["Alice Ångström", "1 Lace Lane", "97201 Portland, OR", "United States"]


def test_a_sale_writes_its_receipt(alice):
    drop = make_drop({"9": 1}, title="Ember Runner", price=18050, currency="EUR")
    sale = make_purchase(alice, drop, "9")
    receipt = Email.objects.get()
    assert (receipt.kind, receipt.cause, receipt.member, receipt.to) == (KIND, f"purchase:{sale.pk}", alice, alice.email)
    assert receipt.context == {
        "number": sale.number,
        "title": "Ember Runner",
        "size": "size 9",
        "price": "€180.50",
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


def test_a_sale_that_is_rolled_back_leaves_no_receipt(monkeypatch, alice):
    """The last thing that a sale writes fails: stock, purchase and receipt are undone together."""

    def fails(*args):
        raise LookupError

    hold = make_reservation(alice, make_drop(1))
    monkeypatch.setattr(decide, "publish_stock", fails)
    with pytest.raises(LookupError):
        pay(hold)
    assert (Purchase.objects.count(), Email.objects.count()) == (0, 0)


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


def test_a_receipt_that_was_written_before_does_not_stop_the_sale(monkeypatch, alice):
    chosen = uuid4()
    write(KIND, f"purchase:{chosen}", to="ada@example.com")
    monkeypatch.setattr("reservations.purchases.drafts.uuid4", lambda: chosen)
    assert pay(make_reservation(alice, make_drop(1))).purchase.pk == chosen
    assert Email.objects.count() == 1


def test_an_address_has_no_empty_state_and_its_country_by_name():
    assert address_lines({**ADDRESS, "state": "", "country": "DE"})[2:] == ["97201 Portland", "Germany"]
