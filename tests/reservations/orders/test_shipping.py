"""Orders are packed, shipped and taken back together, all or none; shoppers are told where their parcel is."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from dropshop.operating.audit import STOCK
from reservations.models import OrderMove, Purchase
from reservations.orders import shipping
from reservations.orders.parcels import Parcel, read_parcel
from tests.make import make_drop, make_members, make_purchase
from tests.races.auditor import faults

pytestmark = pytest.mark.django_db
DHL, UPS = Parcel("DHL", "00340434161094021501"), Parcel("UPS", "1Z12345E0205271688")


@pytest.fixture
def orders():
    drop = make_drop({"9": 3}, title="Ember Runner")
    return [make_purchase(member, drop, "9") for member in make_members(3)]


def ids(orders):
    return [order.pk for order in orders]


def states():
    return sorted(Purchase.objects.values_list("status", flat=True))


def shipped_emails():
    return Email.objects.filter(kind="order_shipped").order_by("created_at")


def test_orders_go_their_way_together_and_back(orders, staff):
    shipping.pack(ids(orders), by=staff)
    assert states() == ["packed"] * 3
    shipping.unpack(ids(orders), by=staff)
    shipping.pack(ids(orders), by=staff)
    assert len(shipping.ship(dict.fromkeys(ids(orders), DHL), by=staff)) == 3
    assert set(Purchase.objects.values_list("status", "carrier", "tracking")) == {("shipped", *DHL)}
    shipping.deliver(ids(orders), by=staff)
    shipping.receive_return(ids(orders), by=staff, note="Too small")
    kept = OrderMove.objects.filter(purchase=orders[0]).values_list("to", "by", "note")
    steps = ("packed", ""), ("paid", ""), ("packed", ""), ("shipped", str(DHL)), ("delivered", ""), ("returned", "Too small")
    assert list(kept) == [(to, staff.pk, note) for to, note in steps]


@pytest.mark.parametrize(
    ("movable", "stuck", "act", "says"),
    [
        ("paid", "processing", lambda ids, by: shipping.pack(ids, by=by), "processing payment cannot become packed"),
        ("packed", "paid", lambda ids, by: shipping.ship(dict.fromkeys(ids, DHL), by=by), "paid cannot become shipped"),
        ("shipped", "paid", lambda ids, by: shipping.deliver(ids, by=by), "paid cannot become delivered"),
        ("packed", "shipped", lambda ids, by: shipping.unpack(ids, by=by), "shipped cannot become paid"),
        (
            "shipped",
            "packed",
            lambda ids, by: shipping.receive_return(ids, by=by, restock=True),
            "packed cannot become returned",
        ),
    ],
    ids=["unpaid", "not packed", "not sent", "gone", "never gone"],
)
def test_one_order_that_cannot_move_keeps_all_from_moving_and_each_is_named(orders, movable, stuck, act, says):
    wrong = orders[1:]
    Purchase.objects.update(status=movable)
    Purchase.objects.filter(pk__in=ids(wrong)).update(status=stuck)
    with pytest.raises(DropshopError) as refused:
        act(ids(orders), orders[0].member)
    assert refused.value.code == "orders_refused"
    assert refused.value.facts["orders"] == {order.number: f"An order that is {says}." for order in wrong}
    assert (states(), OrderMove.objects.count()) == (sorted([movable, stuck, stuck]), 0)
    assert shipped_emails().count() == 0


def test_an_order_that_does_not_exist_keeps_the_others_from_moving(orders, staff):
    with pytest.raises(DropshopError) as refused:
        shipping.pack([*ids(orders), uuid4()], by=staff)
    assert (refused.value.code, states()) == ("not_found", ["paid"] * 3)


def test_each_shopper_is_told_once_by_which_carrier_and_where_to_look(orders, staff):
    shipping.pack(ids(orders), by=staff)
    parcels = dict.fromkeys(ids(orders), DHL)
    assert [len(shipping.ship(parcels, by=staff)) for _ in range(2)] == [3, 0]
    assert {email.to for email in shipped_emails()} == {order.member.email for order in orders}
    send.sweep()
    message = next(m for m in mail.outbox if m.subject.startswith(f"On its way: order {orders[0].number}"))
    url = "https://www.dhl.com/global-en/home/tracking.html?tracking-id=00340434161094021501"
    text, html = message.body, message.alternatives[0].content
    assert "Carrier: DHL\nTracking number: 00340434161094021501\nWhere it is: " + url in text
    assert f'href="{url}"' in html
    assert ["Alice Ångström" in words for words in (text, html)] == [True, True]


def test_a_corrected_number_is_kept_beside_the_wrong_one_and_told(orders, staff):
    order = orders[0]
    shipping.pack([order.pk], by=staff)
    shipping.ship({order.pk: UPS}, by=staff)
    assert shipping.ship({order.pk: Parcel("Bike & Bell", "B-17/2")}, by=staff) == [order]
    assert list(order.moves.values_list("was", "to", "note"))[-2:] == [
        ("packed", "shipped", str(UPS)),
        ("shipped", "shipped", f"Bike & Bell B-17/2 in place of {UPS}"),
    ]
    first, second = shipped_emails()
    assert (first.context["corrected"], second.context["corrected"]) == (False, True)
    assert second.context["parcel"] == {"carrier": "Bike & Bell", "number": "B-17/2", "url": ""}


def test_nobody_is_told_whose_account_is_closed(orders, staff):
    type(orders[0].member).objects.filter(pk=orders[0].member_id).update(is_active=False)
    shipping.pack(ids(orders), by=staff)
    shipping.ship(dict.fromkeys(ids(orders), DHL), by=staff)
    assert {email.member_id for email in shipped_emails()} == {order.member_id for order in orders[1:]}


@pytest.mark.parametrize("restock", [True, False], ids=["for sale again", "kept aside"])
def test_what_comes_back_is_for_sale_again_where_staff_say_so(orders, staff, restock):
    Purchase.objects.update(status="delivered")
    shipping.receive_return(ids(orders), by=staff, restock=restock)
    size = orders[0].drop.sizes.get()
    assert (size.available, size.sold) == ((3, 0) if restock else (0, 3))
    assert faults(STOCK) == []


def test_the_database_knows_no_parcel_before_it_was_shipped(orders):
    for parcel in ({"carrier": "DHL", "tracking": "1234"}, {"carrier": "DHL", "status": "shipped"}):
        with pytest.raises(IntegrityError, match="purchase_tracked_once_shipped"), transaction.atomic():
            Purchase.objects.update(**parcel)


@pytest.mark.parametrize(
    ("carrier", "tracking", "right"),
    [
        ("dhl", "00340434161094021501", DHL),
        (" Fed-Ex ", "7711 2233 4455", Parcel("FedEx", "771122334455")),
        ("United Parcel Service", "1z 12345e 02 0527 1688", UPS),
        ("Österreichische Post", "RR123456785AT", Parcel("Austrian Post", "RR123456785AT")),
        ("Bike\u200b & Bell", "\ufeffB-17/2", Parcel("Bike & Bell", "B-17/2")),
    ],
    ids=["lower case", "hyphen and spaces", "long name", "own language", "invisible signs"],
)
def test_a_parcel_is_read_as_people_write_it(carrier, tracking, right):
    assert read_parcel(carrier, tracking) == right


@pytest.mark.parametrize(
    "tracking", ["", "12", "3,40434E+17", "3.40434E+17", "1e5", "=1+1", "<b>1234</b>", "1" * 61, "1234 5678?"], ids=repr
)
def test_what_is_no_tracking_number_is_refused(tracking):
    with pytest.raises(Invalid) as refused:
        read_parcel("DHL", tracking)
    assert list(refused.value.facts["errors"]) == ["tracking"]


def test_both_faults_of_a_parcel_are_named_at_once():
    with pytest.raises(Invalid) as refused:
        read_parcel(" ", "?")
    assert sorted(refused.value.facts["errors"]) == ["carrier", "tracking"]


def test_the_api_names_the_parcel_once_it_is_shipped(orders, staff, as_member):
    order = orders[0]
    api = as_member(order.member)
    assert "tracking" not in api.get(f"purchases/{order.pk}").json()
    shipping.pack([order.pk], by=staff)
    shipping.ship({order.pk: UPS}, by=staff)
    told = api.get(f"purchases/{order.pk}").json()
    url = "https://www.ups.com/track?tracknum=1Z12345E0205271688"
    assert (told["status"], told["tracking"]) == ("shipped", {"carrier": "UPS", "number": UPS.tracking, "url": url})
    assert api.get("purchases").json()["results"] == [told]


@pytest.mark.parametrize("status", list(Purchase.Status))
def test_the_page_of_an_order_says_its_state_in_words(orders, sign_in, status):
    Purchase.objects.update(status=status)
    page = sign_in(orders[0].member).get(orders[0].get_absolute_url())
    assert (page.status_code, len(re.findall(r'<p class="notice"', page.content.decode()))) == (200, 1)


def test_the_page_shows_the_steps_that_stand_and_leads_to_the_carrier(orders, staff, sign_in):
    order = orders[0]
    shipping.pack([order.pk], by=staff)
    shipping.unpack([order.pk], by=staff)
    shipping.pack([order.pk], by=staff)
    shipping.ship({order.pk: UPS}, by=staff)
    shipping.ship({order.pk: DHL}, by=staff)
    page = sign_in(order.member).get(order.get_absolute_url()).content.decode()
    assert re.findall(r"<li><b>(\w+)</b>", page) == ["Bought", "Packed", "Shipped"]
    assert 'href="https://www.dhl.com/global-en/home/tracking.html?tracking-id=00340434161094021501"' in page
