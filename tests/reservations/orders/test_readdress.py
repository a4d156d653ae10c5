"""Shoppers change where an order goes until it is packed, by page and by API, and nobody else does."""

import pytest

from dropshop.core.outbox.models import Email
from reservations.models import OrderMove, Purchase
from reservations.orders import shipping
from tests.make import ADDRESS, make_drop, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
ELSEWHERE = {**ADDRESS, "street": "7 Canary Row", "city": "Bend"}


@pytest.fixture
def order(alice):
    return make_purchase(alice, make_drop({"9": 3}, limit_per_member=3), "9")


def stored(order):
    return Purchase.objects.get(pk=order.pk).address


def test_a_shopper_changes_the_address_by_the_api_and_the_history_does_not_repeat_it(order, alice, as_member):
    answer = as_member(alice).patch(f"purchases/{order.pk}", {"address": {**ELSEWHERE, "country": "Germany"}})
    assert (answer.status_code, answer.json()["id"]) == (200, str(order.pk))
    assert stored(order) == {**ELSEWHERE, "country": "DE"}
    assert list(OrderMove.objects.values_list("was", "to", "by", "note")) == [("paid", "paid", alice.pk, "Another address")]
    assert Email.objects.count() == 1  # the receipt of the sale


def test_the_same_address_again_leaves_no_trace(order, alice, as_member):
    assert as_member(alice).patch(f"purchases/{order.pk}", {"address": ADDRESS}).status_code == 200
    assert OrderMove.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["address"]),
        ({"address": "at home"}, ["address"]),
        ({"address": {**ADDRESS, "street": "", "planet": "Earth"}}, ["address.planet", "address.street"]),
        ({"address": ELSEWHERE, "status": "refunded", "price": 1}, ["price", "status"]),
    ],
    ids=["nothing", "a text", "lines", "other fields"],
)
def test_what_is_no_address_is_refused_by_line_and_changes_nothing(order, alice, as_member, body, wrong):
    answer = as_member(alice).patch(f"purchases/{order.pk}", body)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (400, wrong)
    assert (stored(order), OrderMove.objects.count()) == (ADDRESS, 0)


@pytest.mark.parametrize("status", [status for status in Purchase.Status if status not in ("processing", "paid")])
def test_from_packing_on_the_address_stands(order, alice, as_member, sign_in, status):
    Purchase.objects.update(status=status)
    answer = as_member(alice).patch(f"purchases/{order.pk}", {"address": ELSEWHERE})
    assert (answer.status_code, answer.json()["code"], answer.json()["purchase_status"]) == (409, "already_packed", status)
    page = sign_in(alice).post(f"/orders/{order.pk}/address/", ELSEWHERE, follow=True)
    assert f"This order is {status} already." in page.content.decode()
    assert (stored(order), "Change the address" in page.content.decode()) == (ADDRESS, False)


def test_what_is_unpacked_can_be_sent_elsewhere_again(order, alice, staff, as_member):
    shipping.pack([order.pk], by=staff)
    shipping.unpack([order.pk], by=staff)
    assert as_member(alice).patch(f"purchases/{order.pk}", {"address": ELSEWHERE}).status_code == 200


def test_nobody_changes_the_address_of_somebody_elses_order(order, bob, as_member, sign_in):
    assert as_member(bob).patch(f"purchases/{order.pk}", {"address": ELSEWHERE}).json()["code"] == "not_found"
    assert sign_in(bob).get(f"/orders/{order.pk}/address/").status_code == 404
    assert sign_in(bob).post(f"/orders/{order.pk}/address/", ELSEWHERE).status_code == 404
    assert stored(order) == ADDRESS


def test_the_page_changes_the_address_and_is_filled_in_the_next_time(order, alice, sign_in):
    shopper = sign_in(alice)
    assert f"/orders/{order.pk}/address/" in shopper.get(order.get_absolute_url()).content.decode()
    form = shopper.get(f"/orders/{order.pk}/address/").content.decode()
    assert ([line for line in ADDRESS.values() if f'value="{line}"' not in form]) == []
    page = shopper.post(f"/orders/{order.pk}/address/", ELSEWHERE, follow=True).content.decode()
    assert ("7 Canary Row" in page, "The pair goes to the new address." in page) == (True, True)
    hold = make_reservation(alice, order.drop, "9")
    assert 'value="7 Canary Row"' in shopper.get(hold.get_absolute_url()).content.decode()


def test_the_page_says_at_each_line_what_is_wrong_and_keeps_what_was_typed(order, alice, sign_in):
    page = sign_in(alice).post(f"/orders/{order.pk}/address/", {**ELSEWHERE, "city": ""})
    assert page.status_code == 400
    shown = page.content.decode()
    assert ('id="wrong-city"' in shown, 'value="7 Canary Row"' in shown, stored(order)) == (True, True, ADDRESS)
