"""A shopper changes the address while staff pack: what is packed goes to the newest address, or the change is refused."""

import pytest

from reservations.models import Purchase
from reservations.orders import readdress, shipping
from tests.make import ADDRESS, make_drop, make_member, make_purchase
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
ELSEWHERE = {**ADDRESS, "street": "7 Canary Row"}


def changed_while_packed(label):
    """What became of the change, and whether the label, which staff print once it is packed, says where the order goes."""
    member = make_member()
    order, staff, labels = make_purchase(member, make_drop(1)), make_member(is_staff=True), []

    def pack():
        shipping.pack([order.pk], by=staff)
        labels.append(label(order))

    _, changed = at_once([pack, lambda: readdress.change_address(order.pk, ELSEWHERE, member=member)])
    order.refresh_from_db()
    assert order.status == "packed"
    return codes([changed]), labels == [order.address["street"]]


def street_of(order):
    return Purchase.objects.get(pk=order.pk).address["street"]


def test_a_packed_order_goes_where_its_label_says():
    assert {right for _, right in (changed_while_packed(street_of) for _ in range(5))} == {True}


def test_control_without_the_lock_a_packed_order_changes_its_address(monkeypatch):
    """The control: the change reads the order and does not lock it, and writes once the label is printed."""
    was_read, was_printed = Meeting(), Meeting()
    pack, save = shipping.pack, Purchase.save

    def read_then_meet(ids):
        found = {order.pk: order for order in Purchase.objects.filter(pk__in=ids)}
        was_read.meet()
        return found

    def pack_what_was_read(*args, **options):
        was_read.meet()
        return pack(*args, **options)

    def print_then_meet(order):
        street = street_of(order)
        was_printed.meet()
        return street

    def save_what_was_printed(order, **options):
        if "address" in options["update_fields"]:
            was_printed.meet()
        save(order, **options)

    monkeypatch.setattr(readdress, "lock_orders", read_then_meet)
    monkeypatch.setattr(shipping, "pack", pack_what_was_read)
    monkeypatch.setattr(Purchase, "save", save_what_was_printed)
    assert changed_while_packed(print_then_meet) == (["ok"], False)
