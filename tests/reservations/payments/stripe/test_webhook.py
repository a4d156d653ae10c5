"""Stripe's webhooks: repeated, shuffled, forged, replayed, before our own row; one effect, and bad ones are refused."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as shop
from django.db.models import F
from django.test import Client
from stripe import WebhookSignature

from reservations.models import Payment, ProviderEvent, Purchase
from reservations.payments.errors import ConfirmationRequired
from reservations.payments.events import handle
from reservations.payments.events.payments import look_soon
from reservations.purchases import reconcile
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.buy import advance_alone
from tests.reservations.payments.stripe.conftest import SECRET, WITH_CONFIRMATION
from tests.reservations.till import order, pay

pytestmark = pytest.mark.django_db
ADDRESS = "/webhooks/stripe/"
CARD = "pm_card_visa"


def signed(body, *, secret=SECRET, age=0):
    return WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()) - age)


def post(body, signature, **headers):
    """As Stripe does: no cookie, no token against forged forms."""
    headers |= {} if signature is None else {"Stripe-Signature": signature}
    return Client(enforce_csrf_checks=True).post(ADDRESS, body, content_type="application/json", headers=headers).status_code


def tell(*events):
    """Stripe tells of these; the worker handles them, and settles what they are about."""
    answers = {post(body := json.dumps(event), signed(body)) for event in events}
    work()
    return answers


def work():
    ProviderEvent.objects.filter(status="waiting").update(retry_at=F("received_at"))
    handle.handle_due()
    reconcile.reconcile_open()


def make_event(kind="payment_intent.succeeded", thing=None):
    facts = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment": str(uuid4())}}
    return {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "data": {"object": thing or facts}}


def taken(stripe):
    return [(intent["status"], intent["amount_received"]) for intent in stripe.books.intents.values()]


def test_a_shopper_who_has_confirmed_and_gone_gets_the_pair(stripe, confirmed):
    work()
    assert not Purchase.objects.exists(), "nobody has told the shop"
    assert tell(*stripe.books.events) == {200}
    assert (Purchase.objects.get().status, taken(stripe)) == ("paid", [("succeeded", 18000)])


def test_acceptance_15_webhooks_repeated_and_shuffled_have_one_effect(stripe, confirmed, chance):
    """Acceptance 15: whatever order they come in, before and after the sale."""
    told = stripe.books.events * 3
    for _ in range(3):
        chance.shuffle(told)
        assert tell(*told) == {200}
        told += stripe.books.events
    assert (Purchase.objects.get().status, taken(stripe)) == ("paid", [("succeeded", 18000)])
    assert stripe.calls.count("capture") == 1
    assert ProviderEvent.objects.count() == len({event["id"] for event in stripe.books.events})


def test_acceptance_55_an_event_that_comes_before_our_own_row_has_its_effect_later(stripe, hold):
    """Acceptance 55: it waits until the payment that it names is there."""
    wanted = replace(order(hold, WITH_CONFIRMATION), payment_id=uuid4())
    event = make_event("payment_intent.amount_capturable_updated")
    event["data"]["object"]["metadata"]["payment"] = str(wanted.payment_id)
    assert tell(event) == {200}
    assert ProviderEvent.objects.get().status == "waiting"
    with pytest.raises(ConfirmationRequired):
        advance_alone(PurchaseAttempt(wanted))
    stripe.answer(stripe.only_intent()["id"], agreed=True)
    work()
    assert (Purchase.objects.get().status, ProviderEvent.objects.get().status) == ("paid", "handled")


def test_acceptance_55_a_refused_confirmation_is_told_and_the_pair_can_be_paid_otherwise(stripe, hold):
    """Acceptance 55: the event says nothing that is believed; Stripe is asked."""
    with pytest.raises(ConfirmationRequired):
        pay(hold, WITH_CONFIRMATION)
    stripe.answer(stripe.only_intent()["id"], agreed=False)
    assert tell(*reversed(stripe.books.events)) == {200}
    assert Payment.objects.get().status == "declined"
    assert pay(hold, CARD).created


BODY = json.dumps(make_event())
FORGED = {
    "unsigned": lambda: None,
    "blank": lambda: "",
    "no signature in it": lambda: f"t={int(time.time())}",
    "nonsense": lambda: "t=now,v1=abc",
    "not ASCII": lambda: f"t={int(time.time())},v1=\u00e9",
    "another secret": lambda: signed(BODY, secret="whsec_of_somebody_else"),
    "a blank secret": lambda: signed(BODY, secret=""),
    "another body": lambda: signed(BODY + " "),
    "another scheme": lambda: signed(BODY).replace("v1=", "v0="),
}


@pytest.mark.parametrize("signature", FORGED.values(), ids=FORGED)
@pytest.mark.usefixtures("stripe")
def test_acceptance_15_what_stripe_has_not_signed_is_refused_and_not_stored(signature):
    """Acceptance 15 and 55: forged and unsigned ones."""
    assert (post(BODY, signature()), ProviderEvent.objects.count()) == (400, 0)
    assert post(BODY, signed(BODY)) == 200, "it is the signature that was wrong"


@pytest.mark.parametrize(("age", "status"), [(290, 200), (310, 400), (86400, 400)])
@pytest.mark.usefixtures("stripe")
def test_acceptance_15_an_old_signature_that_is_replayed_is_refused(age, status):
    """Acceptance 15 and 55: after five minutes, whoever repeats it."""
    assert post(BODY, signed(BODY, age=age)) == status
    assert ProviderEvent.objects.count() == (status == 200)


@pytest.mark.parametrize("secret", ["", "  ", "\t\n"], ids=["empty", "blanks", "tab and line"])
@pytest.mark.usefixtures("stripe")
def test_acceptance_55_with_a_blank_secret_nothing_is_believed(settings, secret):
    """Acceptance 55: else whoever signs with nothing would speak for Stripe."""
    settings.STRIPE_WEBHOOK_SECRET = secret
    for key in (secret, SECRET):
        assert post(BODY, signed(BODY, secret=key)) == 400
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "7",
        '"evt"',
        "{",
        "{}",
        '{"id": "evt_1", "type": "x"}',
        '{"id": 1, "type": "x", "data": {"object": {}}}',
    ],
    ids=["nothing", "list", "null", "number", "text", "half", "empty", "without a thing", "id is a number"],
)
@pytest.mark.usefixtures("stripe")
def test_what_is_signed_and_no_event_is_refused(body):
    assert (post(body, signed(body)), ProviderEvent.objects.count()) == (400, 0)


@pytest.mark.usefixtures("stripe")
def test_an_event_of_a_thing_without_an_id_is_kept_too():
    body = json.dumps(make_event("balance.available", {"object": "balance", "metadata": None}))
    assert post(body, signed(body)) == 200
    assert ProviderEvent.objects.values_list("kind", "subject", "reference").get() == ("balance.available", "", "")


@pytest.mark.usefixtures("stripe")
def test_of_an_event_only_ids_are_kept():
    card = {"number": "4242", "exp_month": 1}
    thing = {"id": "re_1", "object": "refund", "payment_intent": "pi_9", "amount": 5, "card": card, "metadata": {"key": "k"}}
    body = json.dumps(make_event("refund.created", thing))
    assert post(body, signed(body)) == 200
    kept = ProviderEvent.objects.values_list("kind", "subject", "reference", "payment_key").get()
    assert kept == ("refund.created", "re_1", "pi_9", "")


def test_a_payment_is_found_by_the_providers_reference_where_the_event_does_not_name_it(stripe, confirmed, monkeypatch):
    thing = {"id": "ch_1", "object": "charge", "payment_intent": confirmed.authorisation}
    monkeypatch.setattr(handle.event_handlers, "_values", {"charge.seen": (0, look_soon)})
    assert tell(make_event("charge.seen", thing)) == {200}
    assert Purchase.objects.get().status == "paid"


@pytest.mark.usefixtures("stripe")
def test_other_requests_are_not_taken():
    assert Client().get(ADDRESS).status_code == 405


def test_without_stripe_there_is_no_such_page(db):
    assert post(BODY, signed(BODY)) == 404


def test_a_payment_of_another_shop_is_set_aside_after_a_day(stripe):
    tell(make_event())
    ProviderEvent.objects.update(received_at=F("received_at") - timedelta(hours=25))
    work()
    assert ProviderEvent.objects.get().get_status_display() == "No payment of ours"


def test_a_shop_without_stripe_does_not_import_its_sdk():
    """30 MB and a second in each process."""
    check = "import django, sys; django.setup(); import dropshop.urls; sys.exit('stripe' in sys.modules)"
    env = os.environ | {"DATABASE_POOL": "0"}
    assert subprocess.run([sys.executable, "-c", check], check=False, env=env, cwd=shop.BASE_DIR).returncode == 0
