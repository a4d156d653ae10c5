"""Every call to Stripe that the worker and the audit make, unanswered: the work is left in a state with a name, and done later.

Of calls that charge, capture and void `test_bad_luck` tells, of those that set cards up `payment_methods/test_set_up`.
"""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from dropshop.core.clock import database_time
from reservations.models import Chargeback, LedgerTransfer, Payment, ProviderEvent, Refund
from reservations.payments import fees
from reservations.payments.events import handle
from reservations.payments.stripe import listing
from reservations.payments.stripe.webhook import _event
from reservations.refunds import refund, send
from tests.make import make_drop, make_member, make_reservation
from tests.reservations.refunds.giving_back import dollars, found
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db
FAULTS = ["silent after", "cut before", "cut after", "500 before", "500 after", "429"]


@pytest.fixture
def sale(stripe, alice):
    return pay(make_reservation(alice, make_drop(1)), "pm_card_visa").purchase


@pytest.fixture(autouse=True)
def _impatient(settings, sale, monkeypatch):
    settings.PAYMENT_TIMEOUT = 0.5
    monkeypatch.setattr(listing, "PAUSES", ())


def give_back(stripe, sale):
    """A refund: its state, whether it is tried again, and whether it is sent in the end."""
    refund.ask(sale.pk, dollars(60), by=make_member(is_staff=True), reason="A scratch.")
    send.sweep()
    asked = Refund.objects.get()
    yield asked.status == "approved" and asked.note == "The bank did not answer." and asked.retry_at > database_time()
    stripe.forget_keys()
    Refund.objects.update(retry_at=F("created_at"))
    send.sweep()
    yield (Refund.objects.get().status, stripe.books.refunded(stripe.only_intent()["id"])) == ("sent", 6000)


def take_in(stripe, sale):
    """An event of money that has gone back."""
    stripe.books.dispute(stripe.only_intent()["id"], 5000)
    handle.store(_event(stripe.books.events[-1]))
    handle.handle_due()
    event = ProviderEvent.objects.get()
    yield (event.status, event.error.partition(":")[0], Chargeback.objects.count()) == ("waiting", "GatewayTimeout", 0)
    ProviderEvent.objects.update(retry_at=F("received_at"))
    handle.handle_due()
    yield (ProviderEvent.objects.get().status, Chargeback.objects.get().status) == ("handled", "taken")


def ask_for_the_fee(stripe, sale):
    Payment.objects.update(fee_due_at=F("created_at"))
    fees.sweep()
    yield Payment.objects.get().fee_due_at > database_time()
    Payment.objects.update(fee_due_at=F("created_at"))
    fees.sweep()
    yield (Payment.objects.get().fee_due_at, LedgerTransfer.objects.filter(kind="fee").count()) == (None, 1)


def compare(stripe, sale):
    """The audit says that it has not read the list, and reads it the next time."""
    with pytest.raises(CommandError, match="could not be read to its end; try it again later"):
        call_command("audit", provider=True)
    yield True
    call_command("audit", provider=True)
    yield True


CALLS = {
    "a refund looks for itself": (give_back, "refunds"),
    "a refund is made": (give_back, "refund"),
    "an event reads refunds": (take_in, "refunds"),
    "an event reads disputes": (take_in, "disputes"),
    "a fee is read": (ask_for_the_fee, "retrieve"),
    "the audit reads payments": (compare, "intents"),
    "the audit reads refunds": (compare, "refunds"),
    "the audit reads disputes": (compare, "disputes"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("work", "operation"), CALLS.values(), ids=CALLS)
def test_work_whose_call_is_not_answered_is_left_in_a_named_state_and_done_later(stripe, sale, work, operation, fault):
    stripe.misbehave(operation, fault)
    assert [*work(stripe, sale)] == [True, True]
    assert found() == []
