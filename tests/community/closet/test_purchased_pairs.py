"""`closet` of the API, and what was bought here: a purchase becomes a pair, once, of the member who bought it."""

import uuid

import pytest

from community.closet.bought import NotPaid, add_purchase
from community.models import Pair
from dropshop.core.clock import database_time
from reservations.models import Purchase
from reservations.refunds import refund, send
from reservations.refunds.cancel import cancel
from tests.make import make_drop, make_member, make_pair, make_purchase, make_trade

pytestmark = pytest.mark.django_db


def test_a_purchase_becomes_a_pair_once(as_member, alice):
    bought = make_purchase(alice, make_drop({"9": 1, "10": 1}), "10")
    first, again = (as_member(alice).post("closet", {"purchase": str(bought.pk)}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    pair = alice.pairs.get()
    assert (pair.purchase, pair.size, pair.money, pair.visibility) == (bought, "10", bought.money, "private")


def test_somebody_elses_purchase_is_not_there(as_member, alice, bob):
    bought = make_purchase(alice, make_drop(1))
    answers = [as_member(bob).post("closet", {"purchase": str(pk)}) for pk in (bought.pk, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_what_is_not_paid_is_no_pair_yet(as_member, alice):
    bought = make_purchase(alice, make_drop(1))
    Purchase.objects.update(status="refunded")
    answer = as_member(alice).post("closet", {"purchase": str(bought.pk)})
    assert (answer.status_code, answer.json()["code"], Pair.objects.count()) == (409, "not_paid", 0)


def test_a_pair_that_was_traded_away_does_not_come_back_by_its_purchase(as_member, alice, bob):
    bought = make_purchase(alice, make_drop(1))
    make_pair(bob, purchase=bought)
    answer = as_member(alice).post("closet", {"purchase": str(bought.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "traded_away")


def test_a_purchases_pair_that_was_taken_out_can_be_put_back(as_member, alice):
    bought = make_purchase(alice, make_drop(1))
    pair = make_pair(alice, purchase=bought, removed_at=database_time())
    answer = as_member(alice).post("closet", {"purchase": str(bought.pk)})
    assert (answer.status_code, answer.json()["id"], alice.pairs.get().removed_at) == (201, str(pair.pk), None)


def test_whoever_traded_for_a_pair_is_not_told_of_its_purchase(as_member, alice, bob):
    pair = make_pair(bob, purchase=make_purchase(alice, make_drop(1)))
    assert as_member(bob).get(f"closet/{pair.pk}").json()["purchase"] is None


# -- An order that ends ---------------------------------------------------------------------------


@pytest.fixture
def bought(alice):
    return make_purchase(alice, make_drop(1))


def cancelled(order):
    cancel(order.pk, by=make_member(is_staff=True), reason="By mistake.")


def test_the_pair_of_an_order_that_ends_leaves_its_buyers_closet_and_ends_its_offers(alice, bob, bought):
    pair, _ = add_purchase(alice, bought.pk)
    Pair.objects.filter(pk=pair.pk).update(visibility="members", for_trade=True)
    trade = make_trade(alice, bob, gives=[pair])
    cancelled(bought)
    trade.refresh_from_db()
    assert (alice.pairs.filter(removed_at=None).count(), trade.status) == (0, "stale")
    with pytest.raises(NotPaid):
        add_purchase(alice, bought.pk)


def test_a_pair_that_no_offer_names_is_gone_and_a_refund_alone_takes_none(alice, bought):
    add_purchase(alice, bought.pk)
    refund.ask(bought.pk, bought.money, by=make_member(is_staff=True), reason="A scratch.")
    send.sweep()
    assert alice.pairs.count() == 1
    cancelled(bought)
    assert not Pair.objects.exists()


def test_a_pair_that_was_traded_stays_with_whoever_has_it(alice, bob, bought):
    pair = make_pair(bob, purchase=bought)
    cancelled(bought)
    pair.refresh_from_db()
    assert (pair.owner, pair.purchase, pair.removed_at) == (bob, bought, None)
