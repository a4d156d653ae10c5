"""Events that Stripe has signed and that are not what they seem: of others, of other sums, of other versions."""

import pytest
from django.db.models import F

from reservations.models import Payment, ProviderEvent, Purchase
from reservations.payments.events import handle
from reservations.payments.events.payments import payment_of
from reservations.payments.stripe.webhook import _event
from tests.make import make_drop, make_members, make_reservation
from tests.reservations.payments.stripe.test_webhook import taken, tell, work
from tests.reservations.till import pay

pytestmark = pytest.mark.django_db
TEST, LIVE = "sk_test_of_the_double", "sk_live_of_nobody"
OF_LIVE = "It is of Stripe's live mode, and the shop's key of the other."
OF_TEST = "It is of Stripe's test mode, and the shop's key of the other."
NOT_OURS = {
    "live mode, test key": (TEST, {"livemode": True}, OF_LIVE),
    "test mode, live key": (LIVE, {"livemode": False}, OF_TEST),
    "restricted key": (
        "rk_live_of_nobody",
        {"livemode": False},
        OF_TEST,
    ),
    "connected account": (TEST, {"account": "acct_1"}, "It is of a connected account, for which this shop does not act."),
}


@pytest.mark.parametrize(("key", "facts", "why"), NOT_OURS.values(), ids=NOT_OURS)
def test_an_event_that_is_not_of_this_shop_is_set_aside(stripe, confirmed, settings, key, facts, why):  # noqa: PLR0917 - fixtures, and the columns of the table
    settings.STRIPE_SECRET_KEY = key
    event = stripe.books.events[-1] | facts
    for _ in range(2):
        assert tell(event) == {200}
    kept = ProviderEvent.objects.get()
    assert (kept.status, kept.error, kept.tries, kept.retry_at, kept.settled_at is None) == ("set_aside", why, 0, None, False)
    settings.STRIPE_SECRET_KEY = TEST
    work()
    assert (Purchase.objects.count(), taken(stripe)) == (0, [("requires_capture", 0)])


OURS = {
    "live mode, live key": (LIVE, {"livemode": True}),
    "no mode": (LIVE, {"livemode": None}),
    "a key that says no mode": ("whatever", {"livemode": True}),
    "no account": (TEST, {"account": None}),
}


@pytest.mark.parametrize(("key", "facts"), OURS.values(), ids=OURS)
def test_control_an_event_that_may_be_of_this_shop_waits_to_be_handled(settings, key, facts):
    settings.STRIPE_SECRET_KEY = key
    thing = {"id": "pi_1", "object": "payment_intent", "metadata": {}}
    assert _event({"id": "evt_1", "type": "x", "data": {"object": thing}, **facts}).status == "waiting"


STRANGE = {
    "another sum": {"amount": 1, "amount_received": 1},
    "another currency": {"currency": "jpy"},
    "no metadata": {"metadata": None},
    "metadata of another kind": {"metadata": {"payment": 7}},
    "an end that never was": {"status": "canceled"},
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("version", ["2026-10-28.endive", "1999-01-01", None], ids=["known", "old", "none"])
def test_nothing_but_ids_is_believed_of_an_event(stripe, confirmed, change, version):
    event = stripe.books.events[-1] | {"api_version": version}
    event["data"] = {"object": event["data"]["object"] | change}
    assert tell(event) == {200}
    assert (Purchase.objects.get().status, taken(stripe)) == ("paid", [("succeeded", 18000)])


def test_the_reference_counts_more_than_the_name(stripe):
    drop = make_drop(2)
    one, other = (pay(make_reservation(member, drop), "pm_card_visa").purchase for member in make_members(2))
    first, second = (Payment.objects.get(reservation=each.reservation_id) for each in (one, other))
    thing = {"id": second.authorisation, "object": "payment_intent", "metadata": {"payment": str(first.pk)}}
    assert payment_of(_event({"id": "evt_1", "type": "x", "data": {"object": thing}})) == second


def test_a_thing_that_is_not_ours_waits_and_changes_nothing(stripe, confirmed):
    thing = {"id": "pi_of_others", "object": "payment_intent", "metadata": {}}
    handle.store(_event({"id": "evt_9", "type": "payment_intent.succeeded", "data": {"object": thing}}))
    ProviderEvent.objects.update(retry_at=F("received_at"))
    handle.handle_due()
    assert (ProviderEvent.objects.get().status, Payment.objects.get().status) == ("waiting", "confirming")
