"""`manage.py audit --provider`: what the provider's own list and the shop's books have in different ways."""

import io

import pytest
from django.core.management import CommandError, call_command

from dropshop.core.money import Money
from dropshop.management.commands import audit
from reservations.models import Payment, TestCharge
from reservations.payments.gateways import gateway
from reservations.refunds import refund, reports, send
from tests.make import make_drop, make_member, make_purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(alice):
    """Of $180, of which $60 are refunded and $20 are to be."""
    order = make_purchase(alice, make_drop(1))
    for amount in (6000, 2000):
        refund.ask(order.pk, Money(amount, "USD"), by=make_member(is_staff=True), reason="A scratch.")
        if amount == 6000:
            send.sweep()
    return order


def compared(**options):
    """What is said of the provider's list, and how the command ends."""
    said, end = io.StringIO(), ""
    try:
        call_command("audit", provider=True, stdout=said, **options)
    except CommandError as error:
        end = str(error)
    lines = said.getvalue().splitlines()
    return [line.split(": ", 1)[1] for line in lines if line.startswith("FOUND")], end


def test_books_that_agree_are_said_to_and_what_is_under_way_is_no_difference(order, bob):
    assert compared() == ([], "")
    TestCharge.objects.update(refunded=8000)  # the answer to the second refund was lost
    assert compared() == ([], "")
    later = make_purchase(bob, make_drop(1))
    later.reservation.payments.update(status="authorised")
    assert compared() == ([], "")


PLANTED = {
    "refunded too much": ({"refunded": 9000}, "the provider has refunded $90, and the shop $60"),
    "refunded too little": ({"refunded": 0}, "the provider has refunded $0, and the shop $60"),
    "taken less": ({"captured": 17000}, "the provider has taken $170, and the shop has captured $180"),
    "taken nothing": ({"captured": 0, "refunded": 0}, "$180 is captured in the shop, and the provider has taken nothing"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_each_difference_is_named_and_ends_with_1(order, fault):
    change, words = PLANTED[fault]
    TestCharge.objects.update(**change)
    assert compared() == ([words], "The provider's own list differs; payments concerned: 1.")


def test_what_the_provider_has_taken_for_nobody_is_found(order):
    facts = {"amount": 500, "captured": 500, "currency": "USD", "status": "captured", "token": "test_ok"}
    TestCharge.objects.create(key="somebody", **facts)
    assert compared()[0] == ["the provider has taken $5, and the shop has no captured payment"]


def test_a_refund_that_was_made_at_the_provider_differs_until_it_is_reported(order):
    payment = Payment.objects.get()
    reference = gateway().refund(payment.authorisation, Money(5000, "USD"), key="by hand")
    assert compared()[0] == ["the provider has refunded $110, and the shop $60"]
    reports.report_refund(payment, Money(5000, "USD"), reference=reference)
    assert compared() == ([], "")


def test_a_provider_without_a_list_is_said_to_have_none(order, monkeypatch):
    monkeypatch.setattr(audit, "gateway", object)
    assert compared() == ([], "This payment provider offers no list that the shop can read.")
