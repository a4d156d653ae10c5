"""A batch of purchases answers as if its orders had come one by one, whatever mix of holds, cards and people it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from reservations.holds.lifecycle import cancel
from reservations.models import Purchase, Reservation
from tests.harness.thorough import DRAWN, THOROUGH
from tests.make import ADDRESS, lapse, make_drop, make_members, make_reservation
from tests.reservations.till import books, buy_all, order, pay, said

pytestmark = pytest.mark.django_db

MEMBERS, SIZES = 5, ("9", "10")
CARDS = ("test_ok", "test_ok", "test_declined", "test_confirm", "nobody_knows")


@st.composite
def scenes(draw):
    """What became of each hold before, the card that pays for it, and the orders: for whose hold, and who else may send it."""
    deeds = ["held", "held", "held", "lapsed", "cancelled", "bought", "confirming"]
    before = st.tuples(st.sampled_from(deeds), st.sampled_from(SIZES))
    who = st.integers(0, MEMBERS - 1)
    return {
        "before": draw(st.lists(before, min_size=MEMBERS, max_size=MEMBERS)),
        "cards": draw(st.lists(st.sampled_from(CARDS), min_size=MEMBERS, max_size=MEMBERS)),
        "orders": draw(st.lists(st.tuples(who, st.one_of(st.none(), who)), max_size=8)),
    }


def set_up(scene):
    drop = make_drop(dict.fromkeys(SIZES, MEMBERS), lapses_allowed=5)
    members, holds = make_members(MEMBERS), []
    for member, (deed, label) in zip(members, scene["before"], strict=True):
        holds.append(make_reservation(member, drop, label))
        match deed:
            case "bought":
                pay(holds[-1])
            case "lapsed":
                lapse(holds[-1])
            case "cancelled":
                cancel(holds[-1].pk, member=member)
            case "confirming":
                assert said(buy_all(order(holds[-1], "test_confirm"))) == ["confirmation_required"]
    orders = [
        order(holds[whose], scene["cards"][whose], member=None if who is None else members[who].pk)
        for whose, who in scene["orders"]
    ]
    return drop, holds, orders


def state(drop, holds):
    """How everything stands, without what differs between two runs (ids, the clock)."""
    stands = Reservation.objects.in_bulk([hold.pk for hold in holds])
    sales_of = {sale.reservation_id: (sale.status, sale.address["street"]) for sale in drop.purchases.all()}
    return [
        list(drop.sizes.values_list("label", "available", "reserved", "sold")),
        [(stands[hold.pk].status, stands[hold.pk].pinned_until is None, sales_of.get(hold.pk)) for hold in holds],
        [sorted({status for status, *_ in books(hold)}) for hold in holds],
        [sum(captured or 0 for *_, captured in books(hold)) for hold in holds],
    ]


@DRAWN
@settings(max_examples=12 * THOROUGH, derandomize=THOROUGH == 1)
@given(scene=scenes())
def test_a_batch_of_orders_answers_as_if_they_had_come_one_by_one(scene):
    """Same sales, same refusals, same books of the shop and of the bank, double clicks included."""
    found = []
    for together in (True, False):
        drop, holds, orders = set_up(scene)
        answers = buy_all(*orders) if together else [answer for one in orders for answer in buy_all(one)]
        found.append((said(answers), state(drop, holds)))
    assert found[0] == found[1]


def test_everybody_in_a_batch_gets_their_own_answer(alice, bob):
    """Mixed outcomes: sold, declined, to be confirmed, run out, given back, bought before, somebody else's, of another drop."""
    drop, other = make_drop(8), make_drop(1)
    members = make_members(7)
    ok, declined, confirm, late, gone, bought, foreign = (make_reservation(member, drop) for member in members)
    elsewhere = make_reservation(alice, other)
    lapse(late)
    cancel(gone.pk, member=gone.member)
    before = pay(bought).purchase
    answers = buy_all(
        order(ok),
        order(declined, "test_declined"),
        order(confirm, "test_confirm"),
        order(late),
        order(gone),
        order(bought),
        order(foreign, member=bob.pk),
        order(elsewhere, drop_id=drop.pk),
    )
    codes = ["payment_declined", "confirmation_required", "hold_expired", "already_cancelled"]
    assert said(answers) == [True, *codes, False, "not_found", "not_found"]
    assert (answers[0].purchase, answers[0].purchase.status, answers[5].purchase) == (ok.purchase, "paid", before)
    assert [books(hold) for hold in (ok, declined, late, foreign, elsewhere)] == [
        [("captured", "captured", 18000)],
        [("declined", "declined", 0)],
        *([],) * 3,
    ]
    pinned = Reservation.objects.filter(pinned_until__isnull=False)
    assert [hold.pk for hold in pinned] == [confirm.pk]
    assert Purchase.objects.get(pk=ok.purchase.pk).address == ADDRESS


def test_the_same_order_several_times_in_one_batch_is_one_sale_and_one_charge(alice):
    hold = make_reservation(alice, make_drop(3))
    answers = buy_all(*[order(hold, address=ADDRESS | {"street": f"{number} Lace Lane"}) for number in range(3)])
    assert said(answers) == [True, False, False]
    assert len({answer.purchase.pk for answer in answers}) == 1
    assert books(hold) == [("captured", "captured", 18000)]
    assert Purchase.objects.get().address["street"] == "2 Lace Lane", "the address that was sent last is the one that was meant"


def test_another_card_for_the_same_hold_in_one_batch_must_wait_for_the_first(alice):
    hold = make_reservation(alice, make_drop(1))
    assert said(buy_all(order(hold), order(hold, "test_declined"))) == [True, "concurrent_update"]
    assert books(hold) == [("captured", "captured", 18000)]


def statements(size):
    drop = make_drop({"9": size, "10": size})
    orders = [order(make_reservation(member, drop, label)) for label in ("9", "10") for member in make_members(size)]
    with CaptureQueriesContext(connection) as counted:
        assert said(buy_all(*orders)) == [True] * 2 * size
    return len(counted)


def test_a_batch_takes_as_many_statements_for_two_orders_as_for_twenty():
    assert statements(1) == statements(10) == 17


def test_the_ticker_hears_of_every_sale_and_the_ranking_is_asked_for_once(heard, django_capture_on_commit_callbacks):
    drop = make_drop(3)
    members = make_members(3)
    members[1].shows_name = True
    members[1].save()
    orders = [order(make_reservation(member, drop)) for member in members]
    with django_capture_on_commit_callbacks() as callbacks:
        buy_all(*orders)
    with CaptureQueriesContext(connection) as counted:
        for callback in callbacks:
            callback()
    told = heard.of("purchase-created")
    assert [event["buyer"] for event in told] == ["someone", members[1].username, "someone"]
    assert [event["top_purchasers"] for event in told] == [[{"buyer": members[1].username, "pairs": 1}]] * 3
    assert [query["sql"] for query in counted if "ROW_NUMBER" in query["sql"]][1:] == []
    assert [event["reservation"]["status"] for event in heard.of("reservation-ended")] == ["completed"] * 3
