"""Setting cards up at both providers, and having them forgotten: whatever goes wrong in between, once."""

import pytest

from dropshop.core.clock import database_time
from reservations.models import Payment, SavedMethod
from reservations.payment_methods import due, saved, set_up
from reservations.payments.gateways import Authorised, Declined, gateway
from tests.make import make_drop, make_reservation
from tests.reservations.payments.banks import Stripe, TestBank
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["test bank", "stripe"])
def bank(request, settings):
    return TestBank(settings) if request.param == "test bank" else Stripe(request.getfixturevalue("stripe"))


def fall_due():
    """An hour and more has passed for every card that waits."""
    SavedMethod.objects.exclude(retry_at=None).update(retry_at=database_time())


def entered(member, token):
    """A card that was entered, and that a worker has asked the provider about."""
    method = saved.begin(member, token)
    fall_due()
    set_up.sweep()
    method.refresh_from_db()
    return method


def test_a_card_is_set_up_with_what_its_member_knows_it_by_and_pays(bank, alice):
    method = entered(alice, bank.ok)
    assert (method.status, method.last_four, method.expiry, method.is_default) == ("ready", "4242", "09/39", True)
    assert (method.entered, method.retry_at) == ("", None)
    payment = begin(make_reservation(alice, make_drop(1)), method.token)
    outcome = gateway().authorise(key=str(payment.pk), token=method.token, money=payment.money, return_path="/")
    assert isinstance(outcome, Authorised)


@pytest.mark.parametrize("token", ["declined", "unknown"])
def test_a_card_that_the_bank_declines_is_kept_as_that_and_pays_nothing(bank, alice, token):
    method = entered(alice, getattr(bank, token))
    assert (method.status, method.retry_at, method.entered) == ("declined", None, "")
    assert method.note.endswith(".")
    assert not saved.methods_of(alice).exists()


@pytest.mark.parametrize("agreed", [True, False])
def test_a_card_waits_for_its_confirmation_also_where_its_member_never_comes_back(bank, alice, agreed):
    method = entered(alice, bank.confirm)
    assert (method.status, bool(method.confirm_url), bool(method.reference)) == ("confirming", True, True)
    bank.answer(method.reference, agreed=agreed)
    fall_due()
    set_up.sweep()
    method.refresh_from_db()
    assert (method.status, method.confirm_url) == ("ready" if agreed else "declined", "")


def test_a_card_that_nobody_confirms_is_given_up(bank, alice):
    method = entered(alice, bank.confirm)
    fall_due()
    set_up.sweep()
    method.refresh_from_db()
    assert (method.status, method.note) == ("declined", "You did not confirm it at your bank.")


def test_a_card_is_not_forgotten_before_its_payment_has_come_to_an_end(bank, alice):
    method = entered(alice, bank.ok)
    payment = begin(make_reservation(alice, make_drop(1)), method.token)
    saved.remove(method.pk, alice)
    set_up.sweep()
    assert SavedMethod.objects.get().status == "removing"
    Payment.objects.filter(pk=payment.pk).update(settled_at=database_time(), status="declined")
    set_up.sweep()
    assert not SavedMethod.objects.exists()


def test_a_card_that_was_removed_is_gone_at_stripe_and_pays_nothing(stripe, alice):
    method = entered(alice, stripe.books.new_card())
    customer = method.token.partition("/")[0]
    assert customer in stripe.books.customers
    saved.remove(method.pk, alice)
    set_up.sweep()
    assert (SavedMethod.objects.count(), customer in stripe.books.customers) == (0, False)
    charge = gateway().authorise(key="1", token=method.token, money=make_drop(1).money, return_path="/")
    assert isinstance(charge, Declined)


@pytest.mark.parametrize("fault", ["cut before", "cut after", "500 before", "500 after", "429"])
@pytest.mark.parametrize("operation", ["customer", "set_up", "confirm_set_up"])
def test_a_set_up_whose_answer_is_lost_is_made_once(stripe, alice, operation, fault):
    stripe.misbehave(operation, fault)
    card = stripe.books.new_card()
    method = entered(alice, card)
    assert (method.status, method.tries) == ("setting_up", 1)
    fall_due()
    set_up.sweep()
    method.refresh_from_db()
    assert method.status == "ready"
    assert [cards for cards in stripe.books.customers.values() if cards] == [{card}]


def test_a_set_up_that_was_begun_is_found_after_a_day_when_stripe_has_forgotten_its_key(stripe, alice):
    stripe.misbehave("confirm_set_up", "cut before")
    method = entered(alice, stripe.books.new_card())
    stripe.forget_keys()
    fall_due()
    set_up.sweep()
    method.refresh_from_db()
    assert method.status == "ready"
    assert (len(stripe.books.customers), len(stripe.books.set_ups)) == (1, 1)


@pytest.mark.parametrize("fault", ["cut before", "cut after", "500 before", "500 after", "429"])
def test_a_removal_is_repeated_until_stripe_has_forgotten_the_card(stripe, alice, fault):
    method = entered(alice, stripe.books.new_card())
    saved.remove(method.pk, alice)
    stripe.misbehave("forget_customer", fault)
    set_up.sweep()
    left = SavedMethod.objects.get()
    assert (left.status, left.tries, left.note) == ("removing", 1, "The bank did not answer.")
    fall_due()
    set_up.sweep()
    assert (SavedMethod.objects.count(), stripe.books.customers) == (0, {})


def test_a_card_that_is_removed_while_its_set_up_waits_is_set_up_for_nobody(stripe, alice):
    stripe.misbehave("confirm_set_up", "cut before")
    method = entered(alice, stripe.books.new_card())
    saved.remove(method.pk, alice)
    fall_due()
    set_up.sweep()
    assert (SavedMethod.objects.count(), stripe.books.customers) == (0, {})
    assert [made["status"] for made in stripe.books.set_ups.values()] == ["canceled"]


def test_a_card_that_is_removed_while_stripe_is_being_asked_is_not_confirmed(stripe, alice, monkeypatch):
    method = saved.begin(alice, stripe.books.new_card())
    made = gateway()._set_up

    def and_meanwhile(*asked):
        result = made(*asked)
        saved.remove(method.pk, alice)
        return result

    monkeypatch.setattr(gateway(), "_set_up", and_meanwhile)
    fall_due()
    set_up.sweep()
    assert "confirm_set_up" not in stripe.calls
    assert SavedMethod.objects.get().status == "removing"


def test_two_at_once_ask_the_provider_once(alice):
    method = saved.begin(alice, "test_ok")
    assert due.claim_this(method) is not None
    assert due.claim_this(method) is None
    assert due.claim(database_time()) is None


def test_nothing_is_asked_about_cards_of_another_provider(alice):
    SavedMethod.objects.create(member=alice, provider="stripe", status="removing", retry_at=database_time())
    assert set_up.sweep() == 0
    assert SavedMethod.objects.exists()


def test_a_declined_card_is_forgotten_after_a_day(alice):
    entered(alice, "test_declined")
    assert saved.forget_declined(database_time()) == 1
    assert not SavedMethod.objects.exists()
