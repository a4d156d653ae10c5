"""Shipping and tax: known before anybody pays, frozen with the payment and the sale, and nobody pays another sum."""

from decimal import Decimal

import pytest

from dropshop.core.errors import Invalid
from dropshop.core.money import Money
from dropshop.operating.audit import LEDGER, MONEY
from reservations.charges.errors import NotShippedThere, TotalChanged
from reservations.models import Payment, PickupPlace, Purchase, ShippingRate, TaxRate, TestCharge
from reservations.payments.errors import ConfirmationRequired, PaymentUnanswered, PaymentUnderWay
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.races.auditor import faults
from tests.reservations.charges.rates import ship, tax
from tests.reservations.till import begin, books, buy_all, counters, order, pay, said

pytestmark = pytest.mark.django_db
GERMANY = {**ADDRESS, "country": "DE", "state": "", "zip_code": "10115", "city": "Berlin"}


@pytest.fixture
def rates(database):
    """To the United States for 12.00 with 8.25% on the price, to Germany for 25.00 with 19% in everything."""
    ship("US", 1200)
    ship("DE", 2500)
    tax("US", "8.25", name="Sales tax")
    tax("DE", "19", included=True, on_shipping=True)


def test_what_was_charged_is_frozen_with_payment_and_sale_and_the_books_agree(rates, alice):
    hold = make_reservation(alice, make_drop(1))
    sale = pay(hold).purchase
    ShippingRate.objects.all().update(amount=1)
    TaxRate.objects.all().update(percent=1, name="Other")
    kept, payment = Purchase.objects.get(pk=sale.pk), Payment.objects.get()
    for one in (sale.charges, kept.charges, payment.charges):
        assert (one.price, one.shipping, one.tax) == (Money(18000, "USD"), Money(1200, "USD"), Money(1485, "USD"))
        assert (one.tax_name, one.tax_percent, one.tax_included) == ("Sales tax", Decimal("8.25"), False)
    assert (kept.money, payment.amount, TestCharge.objects.get().captured) == (Money(20685, "USD"), 20685, 20685)
    assert faults(LEDGER | MONEY) == []
    Purchase.objects.update(shipping=1199)
    assert len(faults(MONEY)) == 1, "the audit sees a sale that is not its payment's sum"


def test_a_batch_charges_everybody_for_where_they_live(rates):
    drop = make_drop(3)
    holds = [make_reservation(make_member(), drop) for _ in range(3)]
    france = {**GERMANY, "country": "FR"}
    answers = buy_all(*map(order, holds[:1]), order(holds[1], address=GERMANY), order(holds[2], address=france))
    assert said(answers) == [True, True, "not_shipped_there"]
    assert [books(hold) for hold in holds] == [[("captured", "captured", 20685)], [("captured", "captured", 20500)], []]
    assert (answers[1].purchase.tax, answers[1].purchase.money) == (3273, Money(20500, "USD"))
    assert faults(MONEY) == []


def refuse_to_ship(hold):
    return pay(hold, address={**GERMANY, "country": "FR"})


def name_another_sum(hold):
    return pay(hold, total={"amount": "180.00", "currency": "USD"})


def name_another_currency(hold):
    return pay(hold, total={"amount": "206.85", "currency": "EUR"})


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [(refuse_to_ship, NotShippedThere), (name_another_sum, TotalChanged), (name_another_currency, TotalChanged)],
)
def test_a_refusal_comes_before_any_money_moves_and_leaves_the_hold(rates, alice, asked, refusal):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    with pytest.raises(refusal):
        asked(hold)
    hold.refresh_from_db()
    assert (hold.status, hold.pinned_until, counters(drop), books(hold)) == ("active", None, (0, 1, 0), [])
    assert pay(hold, total={"amount": "206.85", "currency": "USD"}).created


def test_a_tax_that_depends_on_a_missing_state_is_asked_for(alice):
    tax("US", "7.25", state="CA")
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(Invalid) as refused:
        pay(hold, address={**ADDRESS, "state": ""})
    assert set(refused.value.facts["errors"]) == {"address.state"}
    assert pay(hold, address={**ADDRESS, "state": "California"}).purchase.tax == 1305


def test_rates_that_change_while_the_bank_waits_for_the_shopper_do_not_change_the_sum(rates, alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    ShippingRate.objects.all().delete()
    ship("FR", 1)
    TestCharge.objects.update(status="authorised")
    assert pay(hold, "test_confirm", address={**ADDRESS, "street": "2 Lace Lane", "state": "oregon"}).created
    assert books(hold) == [("captured", "captured", 20685)]
    assert Purchase.objects.get().address["street"] == "2 Lace Lane"


def test_another_country_while_the_bank_waits_for_the_shopper_is_another_payment(rates, alice):
    hold = make_reservation(alice, make_drop(1))
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    with pytest.raises(TotalChanged):
        pay(hold, "test_confirm", address=GERMANY, total={"amount": "206.85", "currency": "USD"})
    assert [status for status, *_ in books(hold)] == ["confirming"]
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm", address=GERMANY)
    first, second = hold.payments.order_by("created_at")
    assert [(first.status, first.amount), (second.status, second.amount)] == [("voided", 20685), ("confirming", 20500)]


def test_another_country_while_the_bank_is_asked_waits_for_its_answer(rates, alice):
    hold = make_reservation(alice, make_drop(1))
    begun = begin(hold, "test_timeout")
    assert isinstance(begin(hold, "test_timeout", address=GERMANY), PaymentUnderWay)
    assert begin(hold, "test_timeout", address={**ADDRESS, "street": "2 Lace Lane"}).pk == begun.pk
    with pytest.raises(PaymentUnanswered):
        pay(hold, "test_timeout")
    assert Payment.objects.get().address["street"] == ADDRESS["street"]


NO_TOTALS = {
    "a number": 206.85,
    "a text": "206.85",
    "no currency": {"amount": "206.85"},
    "something else beside": {"amount": "206.85", "currency": "USD", "cents": 1},
    "a number as amount": {"amount": 206.85, "currency": "USD"},
    "too many decimals": {"amount": "206.851", "currency": "USD"},
    "below zero": {"amount": "-1.00", "currency": "USD"},
    "no currency of ISO 4217": {"amount": "206.85", "currency": "XXX"},
    "a list": ["206.85", "USD"],
}


@pytest.mark.parametrize("name", NO_TOTALS)
def test_what_is_no_total_is_named(call, as_member, alice, name):
    hold = make_reservation(alice, make_drop(1))
    body = {"address": ADDRESS, "payment_method": "test_ok", "total": NO_TOTALS[name]}
    answer = as_member(alice).post(f"reservations/{hold.pk}/purchase", body)
    assert (answer.status_code, set(answer.json()["errors"]), books(hold)) == (400, {"total"}, [])


def test_the_api_says_what_it_costs_and_sells_at_that_sum_only(rates, as_member, alice):
    drop = make_drop(1)
    hold, caller = make_reservation(alice, drop), as_member(alice)
    costs = caller.get(f"reservations/{hold.pk}/charges?country=United+States&state=OR")
    usd = {"currency": "USD"}
    facts = {
        "price": {"amount": "180.00"} | usd,
        "shipping": {"amount": "12.00"} | usd,
        "tax": {"amount": "14.85", "name": "Sales tax", "percent": "8.250", "included": False} | usd,
    }
    assert (costs.status_code, costs.json()) == (200, {**facts, "total": {"amount": "206.85"} | usd})
    ShippingRate.objects.filter(country="US").update(amount=1300)
    body = {"address": ADDRESS, "payment_method": "test_ok", "total": costs.json()["total"]}
    refused = caller.post(f"reservations/{hold.pk}/purchase", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "total_changed")
    assert (refused.json()["total"], refused.json()["shipping"]) == ({"amount": "207.85"} | usd, {"amount": "13.00"} | usd)
    sold = caller.post(f"reservations/{hold.pk}/purchase", body | {"total": refused.json()["total"]})
    bought = sold.json()["purchase"]
    assert (sold.status_code, bought["amount_paid"]) == (201, {"amount": "207.85"} | usd)
    assert {name: bought[name] for name in facts} == facts | {"shipping": {"amount": "13.00"} | usd}
    again = caller.post(f"reservations/{hold.pk}/purchase", body)
    assert (again.status_code, again.json()) == (200, sold.json())


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param("country=FR", 409, "not_shipped_there", id="nobody goes there"),
        pytest.param("country=Atlantis", 400, "invalid", id="no country"),
        pytest.param("state=OR", 400, "invalid", id="country missing"),
        pytest.param("country=", 400, "invalid", id="country empty"),
        pytest.param("country=US&total=1", 400, "invalid", id="unknown parameter"),
        pytest.param("country=US&state=Oregan", 400, "invalid", id="no state"),
        pytest.param("pickup=1e3", 400, "invalid", id="no number of a place"),
        pytest.param("pickup=999999", 400, "invalid", id="no such place"),
        pytest.param("country=US&pickup=1", 400, "invalid", id="country and place"),
    ],
)
def test_costs_that_cannot_be_known_are_refused_by_name(rates, as_member, alice, *, query, status, code):
    hold = make_reservation(alice, make_drop(1))
    answer = as_member(alice).get(f"reservations/{hold.pk}/charges?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 409:
        assert (answer.json()["country"], answer.json()["grams"], answer.json()["currency"]) == ("FR", 1500, "USD")


def test_the_api_says_what_a_pair_costs_that_is_collected_and_sells_at_that_sum(rates, as_member, alice):
    drop, other = make_drop(1), make_drop(1)
    where = {
        "street": "1 Sole St",
        "city": "Portland",
        "state": "OR",
        "zip_code": "97201",
        "country": "US",
        "hours": "10 to 18",
    }
    place = PickupPlace.objects.create(name="Shop", **where)
    drop.pickup_places.add(place)
    hold, caller = make_reservation(alice, drop), as_member(alice)
    costs = caller.get(f"reservations/{hold.pk}/charges?pickup={place.pk}").json()
    assert (costs["shipping"]["amount"], costs["tax"]["amount"], costs["total"]["amount"]) == ("0.00", "14.85", "194.85")
    elsewhere = caller.get(f"reservations/{make_reservation(alice, other).pk}/charges?pickup={place.pk}")
    assert (elsewhere.status_code, elsewhere.json()["errors"]) == (400, {"pickup": ["This drop cannot be collected there."]})
    body = {"address": {"name": "A", "pickup": place.pk}, "payment_method": "test_ok", "total": costs["total"]}
    sold = caller.post(f"reservations/{hold.pk}/purchase", body)
    assert (sold.status_code, sold.json()["purchase"]["amount_paid"]) == (201, costs["total"])


def test_the_costs_of_somebody_elses_hold_are_not_there(rates, as_member, alice, bob, call):
    hold = make_reservation(alice, make_drop(1))
    assert as_member(bob).get(f"reservations/{hold.pk}/charges?country=US").status_code == 404
    assert call.get(f"reservations/{hold.pk}/charges?country=US").status_code == 401


@pytest.mark.parametrize(
    ("currency", "shipping", "total"), [("JPY", 1200, "21000"), ("KWD", 2750, "22.550"), ("USD", 1200, "210.00")]
)
def test_every_currency_is_charged_in_its_own_minor_units(as_member, alice, currency, shipping, total):
    ship("US", shipping, currency=currency)
    tax("US", "10", name="Sales tax")
    hold = make_reservation(alice, make_drop(1, currency=currency))
    body = {"address": ADDRESS, "payment_method": "test_ok", "total": {"amount": total, "currency": currency}}
    sold = as_member(alice).post(f"reservations/{hold.pk}/purchase", body).json()["purchase"]
    assert sold["amount_paid"] == {"amount": total, "currency": currency}
