"""When a parcel arrives: written down with its rate, told before the sale, and kept with it."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.db import IntegrityError

from dropshop.core.clock import database_time
from dropshop.core.outbox import send
from reservations.addresses import saved
from reservations.charges.arrival import Arrival, Days, arrival
from reservations.checkout.receipt_pdf import receipt_pdf
from reservations.models import Payment, PickupPlace, Purchase, ShippingRate
from tests.make import ADDRESS, make_drop, make_purchase, make_reservation
from tests.reservations.charges.rates import ship

MONDAY = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
ADMIN = "/admin/reservations/shippingrate/add/"


@pytest.mark.parametrize(
    ("days", "begun", "earliest", "latest"),
    [
        pytest.param(Days(2, 3), MONDAY, date(2026, 12, 2), date(2026, 12, 3), id="within a week"),
        pytest.param(Days(1, 5), MONDAY, date(2026, 12, 1), date(2026, 12, 7), id="over a weekend"),
        pytest.param(Days(1, 1), datetime(2026, 12, 4, tzinfo=UTC), date(2026, 12, 7), date(2026, 12, 7), id="from a Friday"),
        pytest.param(Days(1, 1), datetime(2026, 12, 5, tzinfo=UTC), date(2026, 12, 7), date(2026, 12, 7), id="from a Saturday"),
        pytest.param(Days(10, 120), MONDAY, date(2026, 12, 14), date(2027, 5, 17), id="the most there can be"),
    ],
)
def test_working_days_are_counted_from_the_day_after_the_sale(days, begun, earliest, latest):
    assert arrival(days, begun) == (earliest, latest)


def test_the_last_day_is_told_and_another_year_is_named():
    this_year = datetime.now(UTC).year
    assert Arrival(date(2026, 12, 2), date(2026, 12, 3)).text == f"by Thursday 3 December{'' if this_year == 2026 else ' 2026'}"
    assert Arrival(date(1999, 12, 2), date(1999, 12, 3)).text == "by Friday 3 December 1999"


@pytest.fixture
def rate(database):
    rate = ship("US", 950)
    ShippingRate.objects.update(least_days=2, most_days=3)
    return rate


WRONG = [(None, 3), (3, None), (4, 3), (0, 3), (2, 121)]


@pytest.mark.parametrize(("least", "most"), WRONG)
@pytest.mark.parametrize("model", [ShippingRate, Payment, Purchase])
def test_the_database_refuses_days_that_cannot_be(rate, alice, model, least, most):
    make_purchase(alice, make_drop(1))
    with pytest.raises(IntegrityError):
        model.objects.update(least_days=least, most_days=most)


@pytest.mark.parametrize(
    ("least", "most", "kept"),
    [("2", "3", (2, 3)), ("", "", (None, None)), *((str(a or ""), str(b or ""), None) for a, b in WRONG)],
)
@pytest.mark.django_db
def test_staff_write_both_days_with_a_rate_or_neither(staff, sign_in, least, most, kept):
    form = {"country": "US", "currency": "USD", "up_to_grams": "2000", "amount": "9.50", "least_days": least, "most_days": most}
    answer = sign_in(staff).post(ADMIN, form)
    assert list(ShippingRate.objects.values_list("least_days", "most_days")) == ([kept] if kept else [])
    assert answer.status_code == (302 if kept else 200)


def test_a_sale_keeps_the_days_that_it_was_told_and_says_so_everywhere(rate, alice, client):
    client.force_login(alice)
    sale = make_purchase(alice, make_drop(1))
    ShippingRate.objects.update(least_days=20, most_days=30)
    kept, told = Purchase.objects.get(pk=sale.pk), arrival(Days(2, 3), sale.created_at)
    assert (sale.arrives, kept.arrives, kept.days, Payment.objects.get().days) == (told, told, (2, 3), (2, 3))
    assert f"<dt>Arrives</dt><dd>{told.text}</dd>" in client.get(sale.get_absolute_url()).content.decode()
    assert client.get(f"/api/v1/purchases/{sale.pk}").json()["arrives"] == {
        "from": told.earliest.isoformat(),
        "by": told.latest.isoformat(),
    }
    send.sweep()
    assert f"Arrives: {told.text}\n" in mail.outbox[0].body
    receipt = Purchase.objects.select_related("drop__sneaker", "size").get(pk=sale.pk)
    with_days = receipt_pdf(receipt, [])
    receipt.least_days = receipt.most_days = None
    assert with_days != receipt_pdf(receipt, [])


@pytest.mark.parametrize("status", Purchase.FINISHED)
def test_what_has_arrived_or_will_not_is_awaited_no_more(rate, alice, status):
    sale = make_purchase(alice, make_drop(1))
    sale.status = status
    assert sale.arrives is None


def test_the_hold_says_when_the_parcel_would_arrive(rate, alice, client):
    saved.add(alice, ADDRESS)
    hold = make_reservation(alice, make_drop(1))
    client.force_login(alice)
    before = arrival(Days(2, 3), database_time())
    page = client.get(hold.get_absolute_url()).content.decode()
    told = client.get(f"/api/v1/reservations/{hold.pk}/charges?country=US&state=OR").json()["arrives"]
    after = arrival(Days(2, 3), database_time())
    assert [each for each in (before, after) if f"<dt>Arrives</dt><dd>{each.text}</dd>" in page and each.facts == told] != []


def test_where_nobody_said_how_long_it_takes_nothing_is_said(alice, client, database):
    ship("US", 950)
    saved.add(alice, ADDRESS)
    hold = make_reservation(alice, make_drop(1))
    client.force_login(alice)
    assert "Arrives" not in client.get(hold.get_absolute_url()).content.decode()
    assert "arrives" not in client.get(f"/api/v1/reservations/{hold.pk}/charges?country=US&state=OR").json()


def test_what_is_collected_does_not_arrive(rate, alice, client):
    drop = make_drop(1)
    place = {"street": "2 Store Street", "city": "Portland", "state": "OR", "zip_code": "97201", "country": "US"}
    store = PickupPlace.objects.create(name="Portland store", hours="Mon to Fri", **place)
    drop.pickup_places.add(store)
    client.force_login(alice)
    hold = make_reservation(alice, drop)
    told = client.get(f"/api/v1/reservations/{hold.pk}/charges?pickup={store.pk}").json()
    client.post(
        f"{hold.get_absolute_url()}purchase/",
        {"name": "Ada", "pickup": store.pk, "payment_method": "test_ok", f"total-{store.pk}": "180.00"},
    )
    sale = Purchase.objects.get()
    assert ("arrives" in told, sale.days, sale.arrives) == (False, None, None)
    assert "Arrives" not in client.get(sale.get_absolute_url()).content.decode()
