"""What shoppers read of their money: on the page of the order and by the API, and never more than is known (M6)."""

import pytest

from reservations.payments.gateways import GatewayTimeout, RefundRefused
from reservations.refunds import refund, reports, send
from tests.reservations.refunds.giving_back import answer_with, dollars

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(order, sign_in):
    """What the order's page says of the money."""
    return lambda: [tuple(line) for line in sign_in(order.member).get(order.get_absolute_url()).context["money_back"]]


@pytest.fixture
def told(order, as_member):
    """The same by the API: (the status, what was refunded) of the purchase, and of it in the list and the export."""

    def ask():
        api = as_member(order.member)
        one = api.get(f"purchases/{order.pk}").json()
        assert api.get("purchases").json()["results"] == [one]
        return one["status"], one.get("refunded")

    return ask


WAITS = ("wait", "We are giving $60 back to you. Your bank has not confirmed it yet.")
SENT = ("info", "$60 is on its way back to you. Until it shows in your account some days can pass.")


def test_a_refund_is_on_its_way_once_the_bank_has_said_yes(order, ada, read, told, monkeypatch):
    assert (read(), told()) == ([], ("paid", None))
    refund.ask(order.pk, dollars(60), by=ada, reason="A scratch.")
    assert (read(), told()) == ([WAITS], ("paid", None))
    with monkeypatch.context() as patch:
        answer_with(patch, GatewayTimeout())
        send.sweep()
    assert (read(), told()) == ([WAITS], ("paid", None))
    send.confirm(order.refunds.get(), "re_1")
    assert (read(), told()) == ([SENT], ("paid", {"amount": "60.00", "currency": "USD"}))


def test_what_waits_for_approval_is_looked_at_and_what_is_called_off_is_gone(order, ada, read, settings):
    settings.REFUND_APPROVAL_LIMIT = {}
    asked = refund.ask(order.pk, dollars(50), by=ada, reason="A scratch.")
    assert read() == [("wait", "We are looking at giving $50 back to you.")]
    refund.call_off(asked.pk, by=ada)
    assert read() == []


def test_what_the_bank_has_taken_back_and_the_provider_given_is_shown(payment, read, told):
    reports.report_refund(payment, dollars(60), reference="re_1")
    reports.report_chargeback(payment, dollars(30), reference="dp_1")
    assert (read(), told()) == (
        [SENT, ("info", "Your bank has taken $30 back.")],
        ("paid", {"amount": "60.00", "currency": "USD"}),
    )


def test_a_refund_that_the_bank_refuses_is_not_told_as_given(order, ada, read, told, monkeypatch):
    refund.ask(order.pk, dollars(180), by=ada, reason="Lost.")
    answer_with(monkeypatch, RefundRefused("the account is closed"))
    send.sweep()
    said = "$180 could not be given back the usual way. We are looking into it."
    assert (read(), told()) == ([("error", said)], ("paid", None))
