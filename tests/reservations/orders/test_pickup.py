"""Collecting a pair: where staff offer a place for the drop, chosen at the checkout or until it is packed."""

import html

import pytest
from django.core import mail

from dropshop.core.errors import DropshopError
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from reservations.models import Payment, PickupPlace, Purchase
from reservations.orders import readdress, shipping
from reservations.orders.parcels import Parcel
from reservations.purchases import buy
from tests.make import ADDRESS, make_drop, make_member, make_purchase, make_reservation
from tests.reservations.charges.rates import ship
from tests.reservations.till import buy_all
from tests.reservations.till import order as intent

pytestmark = pytest.mark.django_db
LINES = {"street": "2 Store Street", "zip_code": "0150", "city": "Oslo", "state": "", "country": "NO"}
HOURS = "Mon to Fri, 10 to 18"


@pytest.fixture
def drop():
    return make_drop({"9": 3}, title="Ember Runner", limit_per_member=3)


@pytest.fixture
def place(drop):
    place = PickupPlace.objects.create(name="Oslo store", hours=HOURS, **LINES)
    place.drops.add(drop)
    return place


def stored(place, name="Bea Bell"):
    return {"name": name, "place": "Oslo store", "pickup": str(place.pk), **LINES}


def collected(member, drop, place):
    hold = make_reservation(member, drop, "9")
    return buy.buy(hold.pk, member=member, address={"name": "Bea Bell", "pickup": place.pk}, payment_method="test_ok").purchase


@pytest.mark.parametrize("written", [int, str], ids=["a number", "a text"])
def test_a_pair_is_bought_to_be_collected_by_the_api(alice, drop, place, as_member, written):
    hold = make_reservation(alice, drop, "9")
    body = {"address": {"name": "Bea Bell", "pickup": written(place.pk)}, "payment_method": "test_ok"}
    answers = [as_member(alice).post(f"reservations/{hold.pk}/purchase", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert (Purchase.objects.get().address, Payment.objects.get().address) == (stored(place), stored(place))
    assert "Oslo store" in Email.objects.get().context["address"]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ({"name": "Bea", "pickup": "x"}, ["address.pickup"]),
        ({"name": "Bea", "pickup": True}, ["address.pickup"]),
        ({"name": "", "pickup": -1}, ["address.name", "address.pickup"]),
        ({"name": "Bea", "pickup": 10**18 - 1}, ["address.pickup"]),
        ({**ADDRESS, "pickup": 1}, ["address.city", "address.country", "address.state", "address.street", "address.zip_code"]),
        ({**ADDRESS, "place": "Oslo store"}, ["address.place"]),
    ],
    ids=["no number", "a truth", "both", "no such place", "two addresses", "a place without its number"],
)
def test_what_is_no_place_is_refused_and_no_money_moves(alice, drop, as_member, address, wrong):
    hold = make_reservation(alice, drop, "9")
    body = {"address": address, "payment_method": "test_ok"}
    answer = as_member(alice).post(f"reservations/{hold.pk}/purchase", body)
    assert (answer.status_code, sorted(answer.json()["errors"]), Payment.objects.count()) == (400, wrong, 0)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "another drop's"])
def test_a_place_that_is_not_offered_for_the_drop_is_refused(alice, drop, place, closed):
    if closed:
        PickupPlace.objects.update(is_open=False)
    else:
        place.drops.set([make_drop()])
    with pytest.raises(DropshopError) as refused:
        collected(alice, drop, place)
    assert (list(refused.value.facts["errors"]), Payment.objects.count()) == (["address.pickup"], 0)


def test_the_same_again_is_the_same_purchase_after_its_place_was_closed(alice, drop, place):
    hold = make_reservation(alice, drop, "9")
    address = {"name": "Bea Bell", "pickup": str(place.pk)}
    (first,) = buy_all(intent(hold, address=address))
    PickupPlace.objects.update(is_open=False)
    (again,) = buy_all(intent(hold, address=address))
    assert (again.purchase.pk, first.created, again.created) == (first.purchase.pk, True, False)


def test_in_a_batch_each_has_the_place_that_they_chose_and_a_wrong_one_harms_nobody(drop, place):
    holds = [make_reservation(make_member(), drop, "9") for _ in range(3)]
    addresses = [{"name": "Bea Bell", "pickup": str(place.pk)}, ADDRESS, {"name": "Cy", "pickup": "999"}]
    answers = buy_all(*(intent(hold, address=address) for hold, address in zip(holds, addresses, strict=True)))
    assert [isinstance(answer, DropshopError) for answer in answers] == [False, False, True]
    assert {sale.reservation_id: sale.address for sale in Purchase.objects.all()} == {
        holds[0].pk: stored(place),
        holds[1].pk: ADDRESS,
    }


def test_the_receipt_says_whether_the_pair_is_collected_or_goes_somewhere(alice, drop, place):
    sale, sent = collected(alice, drop, place), make_purchase(make_member(), drop, "9")
    send.sweep()
    receipts = {receipt.to[0]: receipt for receipt in mail.outbox}
    for order, label in ((sale, "Collect at"), (sent, "Goes to")):
        receipt = receipts[order.member.email]
        (page, _), *_ = receipt.alternatives
        assert (f"\n{label}:\n{order.address['name']}\n" in receipt.body, f">{label}</td>" in page) == (True, True)


def test_packed_means_ready_and_the_shopper_is_told_where_and_when(alice, drop, place, staff):
    sale, sent = collected(alice, drop, place), make_purchase(make_member(), drop, "9")
    shipping.pack([sale.pk, sent.pk], by=staff)
    ready = Email.objects.get(kind="order_ready")
    assert (ready.to, ready.context["hours"], ready.context["address"][1]) == (alice.email, HOURS, "Oslo store")
    send.sweep()
    with pytest.raises(DropshopError) as refused:
        shipping.ship({sale.pk: Parcel("DHL", "12345678")}, by=staff)
    assert refused.value.facts["orders"] == {sale.number: "An order that is collected is not shipped."}
    with pytest.raises(DropshopError) as refused:
        shipping.deliver([sale.pk, sent.pk], by=staff)
    assert list(refused.value.facts["orders"]) == [sent.number]
    shipping.deliver([sale.pk], by=staff)
    assert Purchase.objects.get(pk=sale.pk).status == "delivered"


def test_the_page_offers_the_places_of_the_drop_and_buys_by_their_button(alice, drop, place, sign_in):
    hold, shopper = make_reservation(alice, drop, "9"), sign_in(alice)
    page = html.unescape(shopper.get(hold.get_absolute_url()).content.decode())
    assert ("Buy, collect at Oslo store" in page, HOURS in page) == (True, True)
    form = {"name": "Bea Bell", "payment_method": "test_ok", "pickup": str(place.pk)}
    answer = shopper.post(f"{hold.get_absolute_url()}purchase/", form, follow=True)
    page = html.unescape(answer.content.decode())
    assert Purchase.objects.get().address == stored(place)
    assert ("Collect at" in page, "Ships to" in page, HOURS in page) == (True, False, True)
    again = make_reservation(alice, drop, "9")
    page = html.unescape(shopper.get(again.get_absolute_url()).content.decode())
    assert ('value="Bea Bell"' in page, 'value="2 Store Street"' in page) == (True, False)


def test_no_place_is_offered_where_the_drop_has_none(alice, sign_in):
    hold = make_reservation(alice, make_drop())
    assert "collect" not in sign_in(alice).get(hold.get_absolute_url()).content.decode()


def test_until_it_is_packed_a_shopper_changes_from_one_to_the_other(alice, drop, place, sign_in, as_member):
    sale = make_purchase(alice, drop, "9")
    shopper, page = sign_in(alice), f"/orders/{sale.pk}/address/"
    assert "Collect it at Oslo store" in shopper.get(page).content.decode()
    shopper.post(page, {"name": "Bea Bell", "pickup": str(place.pk)})
    assert Purchase.objects.get().address == stored(place)
    assert as_member(alice).patch(f"purchases/{sale.pk}", {"address": ADDRESS}).status_code == 200
    assert Purchase.objects.get().address == ADDRESS
    wrong = as_member(alice).patch(f"purchases/{sale.pk}", {"address": {"name": "Bea", "pickup": 999}})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["address.pickup"])


def test_drop_managers_keep_the_places_and_their_addresses_are_checked(manager, sign_in, drop):
    desk, page = sign_in(manager), "/admin/reservations/pickupplace/add/"
    given = {"name": "Oslo store", "hours": HOURS, "is_open": "on", "drops": [str(drop.pk)], **LINES}
    assert "Give a country by its code" in desk.post(page, given | {"country": "Narnia"}).content.decode()
    desk.post(page, given | {"country": "Norway"})
    kept = PickupPlace.objects.get()
    assert (kept.country, list(kept.drops.all())) == ("NO", [drop])
    assert desk.post(f"/admin/reservations/pickupplace/{kept.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_api_names_the_places_of_a_drop_that_are_open(alice, drop, place, as_member):
    PickupPlace.objects.create(name="Closed", hours=HOURS, is_open=False, **LINES).drops.add(drop)
    for name in (drop.pk, drop.slug):
        told = as_member(alice).get(f"drops/{name}/pickup-places").json()["results"]
        assert told == [{"id": place.pk, "name": "Oslo store", "hours": HOURS, **LINES}]
    assert as_member(alice).get(f"drops/{make_drop(published=False).slug}/pickup-places").status_code == 404


def test_what_is_collected_costs_no_shipping_and_a_pair_does_not_change_to_where_that_differs(alice, bob, drop, place):
    ship("NO", 1200)
    ship("US", 1200)
    sale, sent = collected(alice, drop, place), make_purchase(bob, drop, "9")
    assert (sale.charges.shipping.minor, sent.charges.shipping.minor) == (0, 1200)
    for order, address in ((sale, {**LINES, "name": "Bea Bell"}), (sent, {"name": "Bea Bell", "pickup": place.pk})):
        with pytest.raises(DropshopError) as refused:
            readdress.change_address(order.pk, address, member=order.member)
        assert list(refused.value.facts["errors"]) == ["address.country"]
