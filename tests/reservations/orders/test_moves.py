"""Orders move as their table allows; each move is kept, and a pair is put back once."""

import itertools

import pytest
from django.db import IntegrityError, transaction

from dropshop.core.errors import DropshopError
from dropshop.operating.audit import STOCK
from reservations.models import OrderMove, Purchase
from reservations.orders import moves
from tests.make import make_drop, make_member, make_purchase
from tests.races.auditor import faults

pytestmark = pytest.mark.django_db
Status = Purchase.Status


@pytest.fixture
def staff():
    return make_member(is_staff=True)


@pytest.fixture
def order():
    return make_purchase(make_member(), make_drop(1))


def move(order, to, **more):
    with transaction.atomic():
        return moves.move(moves.lock_orders([order.pk])[order.pk], to, **more)


def stock_of(order):
    size = type(order.size).objects.get(pk=order.size_id)
    return size.available, size.reserved, size.sold


def test_an_order_is_packed_shipped_delivered_returned_and_refunded_and_each_move_is_kept(order, staff):
    for to in (Status.PACKED, Status.SHIPPED, Status.DELIVERED, Status.RETURNED, Status.REFUNDED):
        move(order, to, by=staff, note=f"now {to}")
    kept = list(order.moves.values_list("was", "to", "by", "note"))
    states = ["paid", "packed", "shipped", "delivered", "returned", "refunded"]
    assert kept == [(was, to, staff.pk, f"now {to}") for was, to in itertools.pairwise(states)]


@pytest.mark.parametrize("was", list(Status))
def test_what_the_table_does_not_allow_is_refused_and_changes_nothing(order, was):
    Purchase.objects.update(status=was)
    for to in set(Status) - Purchase.MOVES[was]:
        with pytest.raises(DropshopError) as refused:
            move(order, to)
        assert (refused.value.code, refused.value.facts) == ("move_refused", {"purchase_status": was})
    assert (Purchase.objects.get().status, OrderMove.objects.count()) == (was, 0)


@pytest.mark.parametrize("change", [{"note": "better"}, {"to": "paid"}], ids=str)
def test_a_move_is_never_changed_but_that_its_words_can_go(order, change):
    made = move(order, Status.PACKED, note="for Ada")
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        OrderMove.objects.filter(pk=made.pk).update(**change)
    OrderMove.objects.filter(pk=made.pk).update(note="")


def test_the_pair_of_a_cancelled_order_is_put_back_once_and_its_buyer_may_buy_again(order):
    drop, buyer = order.drop, order.member
    assert stock_of(order) == (0, 0, 1)
    with transaction.atomic():
        locked = moves.lock_orders([order.pk], sizes=True)[order.pk]
        moves.move(locked, Status.CANCELLED)
        for _ in range(2):
            moves.put_back(locked)
    assert (stock_of(order), faults(STOCK)) == ((1, 0, 0), [])
    assert make_purchase(buyer, drop).status == "paid"
    assert (stock_of(order), faults(STOCK)) == ((0, 0, 1), [])


def test_the_database_puts_back_no_pair_that_is_the_shoppers(order):
    with pytest.raises(IntegrityError, match="purchase_restocked_when_ended"), transaction.atomic():
        Purchase.objects.update(restocked=True)
