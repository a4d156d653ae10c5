"""Staff find orders by what people say, and pack, ship and take back many of them at once."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from reservations.models import OrderMove, Purchase
from reservations.orders import recipients, shipping
from reservations.orders.finding import read_number
from reservations.orders.parcels import Parcel
from tests.make import make_drop, make_members, make_purchase

pytestmark = pytest.mark.django_db
LIST = "/admin/reservations/purchase/"
UPS = Parcel("UPS", "1Z12345E0205271688")


@pytest.fixture
def orders():
    drop = make_drop({"9": 3}, title="Ember Runner")
    return [make_purchase(member, drop, "9") for member in make_members(3)]


@pytest.fixture
def desk(clerk, sign_in):
    return sign_in(clerk)


def found(desk, words, **filters):
    return {order.pk for order in desk.get(LIST, {"q": words, **filters}).context["cl"].result_list}


def chosen(orders, name, **more):
    return {"action": name, "_selected_action": [str(order.pk) for order in orders], "index": "0", **more}


def states():
    return sorted(Purchase.objects.values_list("status", flat=True))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("DS-7K3F-9QXM", "DS-7K3F-9QXM"),
        ("ds7k3f9qxm", "DS-7K3F-9QXM"),
        (" 7k3f 9qxm ", "DS-7K3F-9QXM"),
        ("DS-OK3F-9QIL", "DS-0K3F-9Q11"),
        ("DSDS-7K3F", "DS-DSDS-7K3F"),
        ("7K3F-9QX", None),
        ("7K3F-9QXU", None),
        ("alice", None),
    ],
    ids=["as it is", "no dashes", "no prefix", "misheard", "not a prefix", "too short", "not in the alphabet", "a name"],
)
def test_a_number_is_read_as_people_say_it(written, number):
    assert read_number(written) == number


def test_an_order_is_found_by_number_tracking_and_name(desk, orders, staff):
    first = orders[0]
    Purchase.objects.filter(pk=first.pk).update(number="DS-70K1-9QXM")
    shipping.pack([first.pk], by=staff)
    shipping.ship({first.pk: UPS}, by=staff)
    recipients.store_words()
    for words in ("ds 7OKL 9qxm", "1z 12345e 02 0527 1688", first.member.username):
        assert found(desk, words) == {first.pk}, words
    assert found(desk, "ångström") == {order.pk for order in orders}
    assert found(desk, "Ångström", status__exact="shipped") == {first.pk}


def test_an_e_mail_or_a_name_finds_nothing_for_those_who_may_not_see_them(orders, clerk, accountant, support, sign_in):
    recipients.store_words()
    email = orders[0].member.email
    assert found(sign_in(support), email) == {orders[0].pk}
    assert found(sign_in(clerk), email) == set()
    assert found(sign_in(accountant), "Ångström") == set()


def test_many_orders_are_packed_after_one_more_question_and_each_is_in_the_log(desk, orders, clerk):
    page = desk.post(LIST, chosen(orders, "pack"))
    assert (page.status_code, states()) == (200, ["paid"] * 3)
    assert all(order.number in page.content.decode() for order in orders)
    answer = desk.post(LIST, chosen(orders, "pack", confirmed="1"), follow=True)
    assert "3 orders: Packed." in answer.content.decode()
    assert states() == ["packed"] * 3
    assert set(OrderMove.objects.values_list("by", "to")) == {(clerk.pk, "packed")}
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted(str(order.pk) for order in orders)


def test_each_parcel_has_its_number_and_a_wrong_one_keeps_all_from_being_shipped(desk, orders, staff):
    shipping.pack([order.pk for order in orders], by=staff)
    numbers = {order.pk.hex: f"UPS{place}0000" for place, order in enumerate(orders)}
    wrong = desk.post(LIST, chosen(orders, "ship", confirmed="1", carrier="ups", **numbers | {orders[1].pk.hex: "3,4E+17"}))
    assert (wrong.status_code, states(), "A spreadsheet has rounded" in wrong.content.decode()) == (400, ["packed"] * 3, True)
    desk.post(LIST, chosen(orders, "ship", confirmed="1", carrier="ups", **numbers))
    sent = Purchase.objects.order_by("tracking").values_list("status", "carrier", "tracking")
    assert list(sent) == [("shipped", "UPS", number) for number in numbers.values()]


def test_an_order_that_cannot_move_is_named_and_all_stay(desk, orders, staff):
    shipping.pack([orders[0].pk], by=staff)
    page = desk.post(LIST, chosen(orders, "pack", confirmed="1"))
    assert (page.status_code, states()) == (409, ["packed", "paid", "paid"])
    assert "An order that is packed cannot become packed." in page.content.decode()


def test_what_is_confirmed_is_what_was_shown_whatever_the_list_shows_now(desk, orders, staff):
    """The list was filtered by "paid", and somebody packed one of them meanwhile: none is left out silently."""
    shipping.pack([orders[0].pk], by=staff)
    page = desk.post(f"{LIST}?status__exact=paid", chosen(orders, "pack", confirmed="1"))
    assert (page.status_code, states()) == (409, ["packed", "paid", "paid"])


def test_returned_pairs_are_for_sale_again_where_staff_say_so(desk, orders):
    Purchase.objects.update(status="delivered")
    desk.post(LIST, chosen(orders[:2], "take_back", confirmed="1", note="Too small", restock="on"))
    assert states() == ["delivered", "returned", "returned"]
    assert orders[0].drop.sizes.get().available == 2
    assert set(OrderMove.objects.values_list("note", flat=True)) == {"Too small"}


@pytest.mark.parametrize("role", ["support", "accountant", "manager"])
@pytest.mark.parametrize("name", ["pack", "ship", "deliver", "take_back"])
def test_who_may_read_orders_may_not_move_them(request, role, name, orders, sign_in):
    reader = sign_in(request.getfixturevalue(role))
    more = {"confirmed": "1", "carrier": "UPS", "note": "", **{order.pk.hex: "12345" for order in orders}}
    reader.post(LIST, chosen(orders, name, **more))
    assert reader.get(f"{LIST}{orders[0].pk}/{name}/").status_code == 403
    assert reader.post(f"{LIST}{orders[0].pk}/{name}/", more).status_code == 403
    assert (states(), OrderMove.objects.count()) == (["paid"] * 3, 0)


def test_too_many_at_once_are_refused(desk, orders, monkeypatch):
    monkeypatch.setattr("reservations.orders.bulk.MAX_AT_ONCE", 2)
    answer = desk.post(LIST, chosen(orders, "pack", confirmed="1"), follow=True)
    assert ("At most 2 orders at once." in answer.content.decode(), states()) == (True, ["paid"] * 3)


def test_one_order_goes_its_way_on_its_own_page_where_its_history_stands(desk, orders, clerk):
    order, page = orders[0], f"{LIST}{orders[0].pk}/"
    offered = []
    for name, given in (
        ("pack", {}),
        ("unpack", {}),
        ("pack", {}),
        ("ship", {"carrier": "dhl", "tracking": "00340434161094021501"}),
        ("ship", {"carrier": "UPS", "tracking": UPS.tracking}),
        ("deliver", {}),
        ("take_back", {"note": "Too small"}),
    ):
        offered.append(f"{order.pk}/{name}/" in desk.get(f"{page}change/").content.decode())
        desk.post(f"{page}{name}/", given)
    shown = desk.get(f"{page}change/").content.decode()
    assert (offered, Purchase.objects.get(pk=order.pk).status) == ([True] * 7, "returned")
    assert "https://www.ups.com/track?tracknum=1Z12345E0205271688" in shown
    assert len(re.findall(rf"<li>[^<]+ UTC · {clerk.username} · ", shown)) == 7
