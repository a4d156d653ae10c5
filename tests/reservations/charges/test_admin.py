"""Staff write rates down by what people say, and every change is kept."""

import pytest

from reservations.models import ShippingRate, TaxRate
from tests.reservations.charges.rates import tax

pytestmark = pytest.mark.django_db
RATES, TAXES = "/admin/reservations/shippingrate/", "/admin/reservations/taxrate/"


@pytest.mark.parametrize(
    ("country", "currency", "amount", "kept"),
    [
        pytest.param("Germany", "EUR", "4.90", ("DE", 490), id="by its name"),
        pytest.param("*", "JPY", "1200", ("*", 1200), id="everywhere else, no decimals"),
        pytest.param("kw", "KWD", "2.750", ("KW", 2750), id="three decimals"),
        pytest.param("US", "USD", "0", ("US", 0), id="free"),
        pytest.param("Atlantis", "USD", "1", None, id="no country"),
        pytest.param("US", "JPY", "1.5", None, id="decimals that the currency has not"),
        pytest.param("US", "USD", "-1", None, id="below zero"),
    ],
)
def test_a_rate_is_written_in_the_words_people_use(staff, sign_in, *, country, currency, amount, kept):
    form = {"country": country, "currency": currency, "up_to_grams": "2000", "amount": amount}
    answer = sign_in(staff).post(f"{RATES}add/", form)
    assert (answer.status_code, list(ShippingRate.objects.values_list("country", "amount"))) == (
        (302, [kept]) if kept else (200, [])
    )


def test_a_changed_rate_shows_its_amount_and_keeps_who_changed_it(staff, sign_in):
    desk = sign_in(staff)
    form = {"country": "DE", "currency": "EUR", "up_to_grams": "2000", "amount": "4.90"}
    desk.post(f"{RATES}add/", form)
    rate = ShippingRate.objects.get()
    assert 'value="4.90"' in desk.get(f"{RATES}{rate.pk}/change/").content.decode()
    desk.post(f"{RATES}{rate.pk}/change/", form | {"amount": "5.50"})
    page = desk.get(f"{RATES}{rate.pk}/history/").content.decode()
    assert (ShippingRate.objects.get().amount, "490" in page, "550" in page, staff.username in page) == (550, True, True, True)


def test_a_tax_for_a_state_that_another_rate_means_already_is_refused(staff, sign_in):
    tax("US", "7.25", state="CA")
    desk = sign_in(staff)
    form = {"country": "US", "state": "California", "state_name": "", "name": "Sales tax", "percent": "8"}
    assert desk.post(f"{TAXES}add/", form).status_code == 200
    assert desk.post(f"{TAXES}add/", form | {"state": "--"}).status_code == 200
    assert desk.post(f"{TAXES}add/", form | {"state": "NY"}).status_code == 302
    assert list(TaxRate.objects.values_list("state", flat=True)) == ["CA", "NY"]


def test_a_tax_for_a_state_that_is_none_is_refused_since_nobody_would_ever_pay_it(staff, sign_in):
    form = {"country": "US", "state_name": "", "name": "Sales tax", "percent": "8"}
    answers = [sign_in(staff).post(f"{TAXES}add/", form | {"state": state}) for state in ("Californa", "california")]
    assert [answer.status_code for answer in answers] == [200, 302]
    assert "That country has no such state." in answers[0].content.decode()


def test_who_may_not_change_rates_does_not_see_them(support, sign_in):
    assert [sign_in(support).get(page).status_code for page in (RATES, TAXES)] == [403, 403]
