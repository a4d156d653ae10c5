"""What every provider must do: one suite, asked of the built-in test bank and of Stripe (by a double of our own)."""

import pytest

from dropshop.core.money import Money
from reservations.models import Payment
from reservations.payments import provider
from reservations.payments.gateways import (
    Authorised,
    CaptureRefused,
    ConfirmationNeeded,
    Declined,
    RefundAboveCapture,
    SetUp,
    gateway,
)
from tests.make import make_drop, make_reservation
from tests.reservations.payments.banks import Stripe, TestBank
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db
PRICE = Money(18000, "USD")


@pytest.fixture(params=["test bank", "stripe"])
def bank(request, settings):
    return TestBank(settings) if request.param == "test bank" else Stripe(request.getfixturevalue("stripe"))


def authorised(hold, bank):
    """A payment for which money is set aside, and its reference."""
    payment = begin(hold, bank.ok)
    return provider.authorise(payment).reference


def test_money_is_set_aside_and_not_taken(bank, hold):
    payment = begin(hold, bank.ok)
    outcome = provider.authorise(payment)
    assert isinstance(outcome, Authorised)
    assert bank.books() == [("authorised", 18000, 0, 0)]


def test_the_same_attempt_again_answers_the_same_and_charges_once(bank, hold):
    payment = begin(hold, bank.ok)
    outcomes = [provider.authorise(payment) for _ in range(3)] + [provider.authorise(Payment.objects.get())]
    assert outcomes == [outcomes[0]] * 4
    assert bank.books() == [("authorised", 18000, 0, 0)]


@pytest.mark.parametrize("token", ["declined", "unknown"])
def test_a_card_that_is_declined_sets_nothing_aside_and_says_why(bank, hold, token):
    payment = begin(hold, getattr(bank, token))
    outcomes = [provider.authorise(payment) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Declined, Declined]
    assert outcomes[0].reason.endswith(".")
    assert [books.state in ("declined", "voided") for books in bank.books()] == [True]


@pytest.mark.parametrize(("agreed", "found"), [(True, Authorised), (False, Declined)], ids=["agreed", "refused"])
def test_a_confirmation_is_asked_for_and_its_answer_is_found(bank, hold, agreed, found):
    payment = begin(hold, bank.confirm)
    needed = provider.authorise(payment)
    assert isinstance(needed, ConfirmationNeeded)
    assert needed.url.startswith(("http", "/"))
    provider.await_confirmation(payment, needed)
    assert provider.lookup(payment) == needed, "the shopper has not answered"
    bank.answer(needed.reference, agreed=agreed)
    assert type(provider.lookup(payment)) is found
    assert type(provider.authorise(payment)) is found, "the same call answers anew"


def test_what_was_never_asked_about_is_not_known(bank, hold):
    assert provider.lookup(begin(hold, bank.ok)) is None


def test_what_became_of_an_attempt_is_found(bank, hold):
    payment = begin(hold, bank.ok)
    outcome = provider.authorise(payment)
    assert provider.lookup(Payment.objects.get()) == outcome


def test_money_is_taken_once_however_often_it_is_asked_for(bank, hold):
    reference = authorised(hold, bank)
    for _ in range(3):
        gateway().capture(reference, PRICE)
    gateway().void(reference)
    assert bank.books() == [("captured", 18000, 18000, 0)]


def test_what_was_voided_cannot_be_taken(bank, hold):
    reference = authorised(hold, bank)
    for _ in range(2):
        gateway().void(reference)
    with pytest.raises(CaptureRefused):
        gateway().capture(reference, PRICE)
    assert bank.books() == [("voided", 18000, 0, 0)]


def test_a_confirmation_that_was_abandoned_is_voided_and_cannot_be_given_any_more(bank, hold):
    needed = provider.authorise(begin(hold, bank.confirm))
    gateway().void(needed.reference)
    bank.answer(needed.reference, agreed=True)
    assert bank.books() == [("voided", 18000, 0, 0)]


def test_no_more_is_taken_than_was_set_aside(bank, hold):
    reference = authorised(hold, bank)
    with pytest.raises(CaptureRefused):
        gateway().capture(reference, Money(18001, "USD"))
    assert bank.books() == [("authorised", 18000, 0, 0)]


def test_parts_are_given_back_and_never_more_than_was_taken(bank, hold):
    reference = authorised(hold, bank)
    gateway().capture(reference, PRICE)
    gateway().refund(reference, Money(8000, "USD"), key="refund:1:1")
    with pytest.raises(RefundAboveCapture):
        gateway().refund(reference, Money(10001, "USD"), key="refund:1:2")
    gateway().refund(reference, Money(10000, "USD"), key="refund:1:3")
    with pytest.raises(RefundAboveCapture):
        gateway().refund(reference, Money(1, "USD"), key="refund:1:4")
    assert bank.books() == [("captured", 18000, 18000, 18000)]


@pytest.mark.parametrize(("currency", "price"), [("JPY", 25000), ("KWD", 55120), ("ISK", 24900)])
def test_a_currency_with_its_own_decimals_is_charged_exactly(bank, alice, currency, price):
    hold = make_reservation(alice, make_drop(1, price=price, currency=currency))
    reference = authorised(hold, bank)
    gateway().capture(reference, Money(price, currency))
    gateway().refund(reference, Money(price // 2, currency), key="refund:1:1")
    unit = bank.units[currency]
    assert bank.books() == [("captured", price * unit, price * unit, price // 2 * unit)]


# -- What the provider keeps


def test_the_fee_is_told_once_the_money_was_taken(bank, hold):
    fee = bank.charge_fees()
    reference = authorised(hold, bank)
    assert gateway().takes_fees()
    assert gateway().fee(reference) is None
    gateway().capture(reference, PRICE)
    told = gateway().fee(reference)
    assert (told.money, told) == (fee, gateway().fee(reference))


def test_a_fee_of_nought_is_known_and_of_what_was_voided_there_is_none(bank, hold, bob):
    bank.charge_fees(free=True)
    reference = authorised(hold, bank)
    gateway().capture(reference, PRICE)
    assert gateway().fee(reference).money == Money(0, "USD")
    voided = authorised(make_reservation(bob, make_drop(1)), bank)
    gateway().void(voided)
    assert gateway().fee(voided) is None


# -- Cards that are set up, and charged later


def set_up(token, key="entry:1"):
    return gateway().set_up(key=key, token=token, return_path="/")


def charge_later(token, key="1", *, present=False):
    return gateway().authorise(key=key, token=token, money=PRICE, return_path="/", shopper_present=present)


def test_a_card_is_set_up_for_nothing_and_charged_later_without_its_shopper(bank):
    saved = set_up(bank.ok)
    assert isinstance(saved, SetUp)
    assert bank.books() == []
    outcomes = [charge_later(saved.token) for _ in range(2)]
    assert outcomes == [Authorised(outcomes[0].reference)] * 2
    gateway().capture(outcomes[0].reference, PRICE)
    assert bank.books() == [("captured", 18000, 18000, 0)]


def test_a_card_that_was_set_up_is_charged_as_often_as_is_asked_for(bank):
    saved = set_up(bank.ok)
    assert [type(charge_later(saved.token, key)) for key in ("1", "2")] == [Authorised, Authorised]
    assert len(bank.books()) == 2


def test_the_same_set_up_again_answers_the_same(bank):
    assert set_up(bank.ok) == set_up(bank.ok)


@pytest.mark.parametrize("token", ["declined", "unknown"])
def test_a_card_that_is_declined_is_not_set_up_and_it_is_said_why(bank, token):
    refused = [set_up(getattr(bank, token)) for _ in range(2)]
    assert [type(outcome) for outcome in refused] == [Declined, Declined]
    assert refused[0].reason.endswith(".")


@pytest.mark.parametrize(("agreed", "found"), [(True, SetUp), (False, Declined)], ids=["agreed", "refused"])
def test_a_set_up_that_is_confirmed_needs_no_confirmation_when_it_is_charged(bank, agreed, found):
    needed = set_up(bank.confirm)
    assert isinstance(needed, ConfirmationNeeded)
    bank.answer(needed.reference, agreed=agreed)
    saved = set_up(bank.confirm)
    assert type(saved) is found, "the same call answers anew"
    if agreed:
        assert isinstance(charge_later(saved.token), Authorised)


def test_a_card_that_wants_its_shopper_is_declined_where_nobody_is_there(bank):
    assert isinstance(charge_later(bank.confirm), Declined)
    assert isinstance(charge_later(bank.confirm, "2", present=True), ConfirmationNeeded)


def test_a_saved_card_of_nobody_is_declined(bank):
    assert isinstance(charge_later("cus_nobody/pm_card_visa"), Declined)
    assert isinstance(charge_later("cus_nobody/pm_card_visa", "2", present=True), Declined)
