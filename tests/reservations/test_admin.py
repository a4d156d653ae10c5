"""Holds, sales and payments as staff read them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reservations.models import Payment, Purchase, Reservation
from tests.make import ADDRESS, lapse, make_drop, make_member, make_purchase, make_reservation

RECORDS = "/admin/reservations"


@pytest.fixture
def sale(alice):
    return make_purchase(alice, make_drop({"9": 2}), "9")


def test_support_finds_a_sale_by_number_and_by_member(support, sale, sign_in):
    desk = sign_in(support)
    for words in (sale.number, "alice", "alice@example.com", sale.drop.title):
        assert list(desk.get(f"{RECORDS}/purchase/", {"q": words}).context["cl"].result_list) == [sale]
        found = desk.get(f"{RECORDS}/reservation/", {"q": words}).context["cl"].result_count
        assert found == (0 if words == sale.number else 1)
    assert desk.get(f"{RECORDS}/purchase/", {"q": "nobody"}).context["cl"].result_count == 0
    assert desk.get(f"{RECORDS}/payment/", {"q": sale.number}).context["cl"].result_count == 1


def test_support_reads_where_a_sale_is_sent(support, sale, sign_in):
    page = sign_in(support).get(f"{RECORDS}/purchase/{sale.pk}/change/").content.decode()
    assert [line for line in ADDRESS.values() if line not in page] == []


def test_an_address_is_shown_to_those_who_may_see_it_and_to_nobody_else(support, sale, sign_in):
    Group.objects.get(name="support").permissions.remove(Permission.objects.get(codename="view_address"))
    page = sign_in(support).get(f"{RECORDS}/purchase/{sale.pk}/change/").content.decode()
    assert sale.number in page
    assert [line for line in (ADDRESS["street"], ADDRESS["name"], ADDRESS["zip_code"]) if line in page] == []


def test_lists_are_not_stopped_by_an_address_that_nobody_can_read(support, sale, sign_in):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reservations_purchase SET address = 'gone:AAAA'")
        cursor.execute("UPDATE reservations_payment SET address = 'gone:AAAA'")
    desk = sign_in(support)
    assert [desk.get(f"{RECORDS}/{kind}/").status_code for kind in ("purchase", "payment", "reservation")] == [200] * 3


def test_a_payment_shows_the_providers_reference_and_only_the_end_of_a_token(support, sale, sign_in):
    Payment.objects.update(method="tok_1234567890abcdef4242", authorisation="charge-77")
    payment = Payment.objects.get()
    desk = sign_in(support)
    for page in (f"{RECORDS}/payment/", f"{RECORDS}/payment/{payment.pk}/change/"):
        shown = desk.get(page).content.decode()
        assert ("charge-77" in shown, "tok_1234567890" in shown, ADDRESS["street"] in shown) == (True, False, False)
    assert "… 4242" in shown


@pytest.mark.parametrize("kind", ["reservation", "purchase", "payment"])
def test_nobody_writes_a_record_superusers_included(kind, sale, staff, sign_in):
    thing = {"reservation": sale.reservation_id, "purchase": sale.pk, "payment": Payment.objects.get().pk}[kind]
    desk, rows = sign_in(staff), (Reservation, Purchase, Payment)
    before = [list(model.objects.values()) for model in rows]
    page = f"{RECORDS}/{kind}"
    forged = {"status": "refunded", "price": "1", "amount": "1", "post": "yes"}
    acts = [f"{page}/{thing}/change/", f"{page}/{thing}/delete/", f"{page}/add/"]
    assert [desk.post(act, forged).status_code for act in acts] == [403] * 3
    desk.post(f"{page}/", {"action": "delete_selected", "_selected_action": [str(thing)], "post": "yes"})
    assert [list(model.objects.values()) for model in rows] == before


@pytest.mark.parametrize("kind", ["reservation", "purchase", "payment"])
def test_a_list_asks_as_often_for_three_as_for_one(kind, sale, support, sign_in):
    desk = sign_in(support)
    with CaptureQueriesContext(connection) as one:
        desk.get(f"{RECORDS}/{kind}/")
    make_purchase(make_member(), sale.drop, "9"), make_purchase(make_member(), make_drop())
    with CaptureQueriesContext(connection) as three:
        desk.get(f"{RECORDS}/{kind}/")
    assert len(one) == len(three)


def test_what_no_human_needs_is_not_there(staff, sign_in):
    desk = sign_in(staff)
    for name in ("reservations/idempotencykey", "reservations/testcharge", "reservations/sweeperrun"):
        assert desk.get(f"/admin/{name}/").status_code == 404


def test_a_hold_whose_time_is_over_is_shown_as_expired_before_any_sweep(support, alice, sign_in):
    hold = make_reservation(alice, make_drop(1))
    desk, page = sign_in(support), f"{RECORDS}/reservation/{hold.pk}/change/"

    def shown():
        return [
            word for word in ("Active", "Expired") if f'<div class="readonly">{word}</div>' in desk.get(page).content.decode()
        ]

    assert shown() == ["Active"]
    lapse(hold)
    assert (shown(), Reservation.objects.get().status) == (["Expired"], "active")
