"""Of an order that is over the address is forgotten in the end, of an erased member's at once; its country and place stay."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from community.personal_data import erasure
from community.personal_data.export import everything_about
from dropshop.core import pruning
from dropshop.core.clock import database_time
from dropshop.core.retention import rules
from reservations.checkout.receipt_pdf import receipt_pdf
from reservations.models import Payment, Purchase, RecipientWords
from reservations.orders import forget, moves, recipients
from reservations.purchases.receipts import address_lines
from tests.make import make_drop, make_member, make_purchase

pytestmark = pytest.mark.django_db
Status = Purchase.Status
ENDS = {
    "delivered": (Status.PACKED, Status.SHIPPED, Status.DELIVERED),
    "returned": (Status.PACKED, Status.SHIPPED, Status.RETURNED),
    "cancelled": (Status.CANCELLED,),
    "refunded": (Status.CANCELLED, Status.REFUNDED),
}
UNDER_WAY = {"paid": (), "packed": (Status.PACKED,), "shipped": (Status.PACKED, Status.SHIPPED)}


@pytest.fixture
def order():
    return make_purchase(make_member(), make_drop(1))


def move(order, *states):
    for to in states:
        with transaction.atomic():
            moves.move(moves.lock_orders([order.pk])[order.pk], to, note="Ada asked for it")


def kept(order):
    found = Purchase.objects.get(pk=order.pk)
    return found.address, found.address_forgotten


def in_a_moment():
    return database_time() + timedelta(seconds=1)


@pytest.mark.parametrize("end", ENDS)
def test_the_address_of_an_order_that_is_over_is_forgotten_after_its_time(order, end):
    move(order, *ENDS[end][:-1])
    recipients.store_words()
    before_its_end = database_time()
    move(order, ENDS[end][-1])
    assert (forget.forget_old_addresses(before_its_end), kept(order)) == (0, (order.address, False))
    assert (forget.forget_old_addresses(in_a_moment()), kept(order)) == (1, ({"country": "US"}, True))
    assert (RecipientWords.objects.count(), forget.forget_old_addresses(in_a_moment())) == (0, 0)
    assert (recipients.store_words(), RecipientWords.objects.count()) == (0, 0)


@pytest.mark.parametrize("state", UNDER_WAY)
def test_an_order_that_is_under_way_keeps_its_address(order, state):
    move(order, *UNDER_WAY[state])
    assert (forget.forget_old_addresses(in_a_moment()), kept(order)) == (0, (order.address, False))


def test_addresses_are_forgotten_in_batches(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH_ROWS", 2)
    drop = make_drop(5)
    for _ in range(5):
        move(make_purchase(make_member(), drop), Status.CANCELLED)
    assert forget.forget_old_addresses(in_a_moment()) == 5


def test_the_rules_keep_addresses_for_two_years_and_those_of_payments_for_a_day(order, settings):
    move(order, *ENDS["delivered"])
    assert [rules[name].time() for name in ("addresses of orders", "addresses of payments")] == ["730 days", "24 hours"]
    assert [rules[name].enforce() for name in ("addresses of orders", "addresses of payments")] == [0, 0]


def test_the_address_of_a_payment_goes_once_nothing_is_left_to_do(order):
    Payment.objects.filter(reservation=order.reservation_id).update(settled_at=None)
    assert forget.forget_addresses_of_payments(in_a_moment()) == 0
    Payment.objects.filter(reservation=order.reservation_id).update(settled_at=database_time())
    assert forget.forget_addresses_of_payments(in_a_moment()) == 1
    assert (Payment.objects.get(reservation=order.reservation_id).address, kept(order)) == (None, (order.address, False))


@pytest.mark.parametrize("end", ENDS)
def test_an_erased_members_order_that_is_over_has_no_address_and_no_words_at_once(order, end):
    move(order, *ENDS[end])
    erasure.erase(order.member)
    assert kept(order) == ({"country": "US"}, True)
    assert not order.moves.exclude(note="").exists()
    assert Payment.objects.get(reservation=order.reservation_id).address is None


@pytest.mark.parametrize("state", UNDER_WAY)
def test_an_erased_members_order_that_is_under_way_loses_its_address_with_its_end(order, state):
    move(order, *UNDER_WAY[state])
    erasure.erase(order.member)
    assert kept(order) == (order.address, False)
    move(order, *ENDS["delivered"][len(UNDER_WAY[state]) :])
    assert kept(order) == ({"country": "US"}, True)
    assert not order.moves.exclude(note="").exists()


def test_what_was_collected_keeps_the_place_that_handed_it_out(order):
    Purchase.objects.update(address={"name": "Ada", "pickup": "7", "place": "Corner", "street": "1 High St", "country": "US"})
    move(order, Status.CANCELLED)
    forget.forget_old_addresses(in_a_moment())
    assert kept(order) == ({"country": "US", "pickup": "7", "place": "Corner"}, True)
    assert address_lines(kept(order)[0]) == ["Corner", "United States"]


def test_an_order_without_its_address_is_shown_and_printed_as_before(order):
    move(order, Status.CANCELLED)
    forget.forget_old_addresses(in_a_moment())
    client = Client()
    client.force_login(order.member)
    pages = (f"/orders/{order.pk}/", "/orders/", f"/api/v1/purchases/{order.pk}", "/withdraw/")
    assert [client.get(page).status_code for page in pages] == [200] * 4
    assert everything_about(order.member)["purchases"][0]["address"] == {"country": "US"}
    assert client.get(f"/withdraw/?order={order.pk}").status_code == 200
    printed = Purchase.objects.select_related("drop__sneaker", "size").get(pk=order.pk)
    assert receipt_pdf(printed, []).startswith(b"%PDF")


def test_with_an_address_goes_the_hash_of_its_place(order):
    move(order, Status.CANCELLED)
    forget.forget_old_addresses(in_a_moment())
    forget.forget_addresses_of_payments(in_a_moment())
    assert [*Purchase.objects.values_list("place_hash", flat=True), *Payment.objects.values_list("place_hash", flat=True)] == [
        ""
    ] * 2
