"""A batch of purchases answers as if its orders had come one by one, whatever mix of holds, cards and people it is."""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from dropshop.errors import DropshopError
from reservations import purchases, sales
from reservations.gateways import Unanswered
from reservations.gateways.test import TestGateway
from reservations.holds import cancel
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.purchases import Attempt, Order, advance
from tests.make import ADDRESS, lapse, make_drop, make_members, make_reservation
from tests.reservations.till import books, pay

pytestmark = pytest.mark.django_db

THOROUGH = int(os.environ.get("THOROUGH", "1"))
MEMBERS, SIZES = 5, ("9", "10")
CARDS = ("test_ok", "test_ok", "test_declined", "test_confirm", "nobody_knows")


def order(hold, token="test_ok", *, member=None, **given):
    return Order.of(hold.pk, member or hold.member_id, address=given.pop("address", ADDRESS), method=token, **given)


def carry(attempts):
    """What each came to; a bank that takes its time is waited for."""
    while any(attempt.answer is None for attempt in attempts):
        advance(attempts)
        for attempt in attempts:
            if attempt.todo is not None:
                todo, attempt.todo = attempt.todo, None
                todo()
    return [attempt.answer for attempt in attempts]


def buy_all(*orders):
    return carry([Attempt(one) for one in orders])


def said(answers):
    return [answer.code if isinstance(answer, DropshopError) else answer.created for answer in answers]


@st.composite
def scenes(draw):
    """What became of each member's hold before, and the orders: whose, for whose hold, with which card."""
    before = st.tuples(st.sampled_from(["held", "held", "held", "lapsed", "cancelled", "bought", "confirming"]), st.sampled_from(SIZES))
    who = st.integers(0, MEMBERS - 1)
    orders = st.tuples(who, st.one_of(st.none(), who), st.sampled_from(CARDS), st.sampled_from(["Lace Lane 1", "Sole Street 2"]))
    return {
        "before": draw(st.lists(before, min_size=MEMBERS, max_size=MEMBERS)),
        "orders": draw(st.lists(orders, max_size=8)),
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
        order(holds[whose], card, member=None if who is None else members[who].pk, address=ADDRESS | {"street": street})
        for whose, who, card, street in scene["orders"]
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


@settings(max_examples=12 * THOROUGH, derandomize=True)
@given(scene=scenes())
def test_a_batch_of_orders_answers_as_if_they_had_come_one_by_one(scene):
    """Same sales, same refusals, same books of the shop and of the bank, double clicks included."""
    found = []
    for together in (True, False):
        drop, holds, orders = set_up(scene)
        answers = buy_all(*orders) if together else [answer for one in orders for answer in buy_all(one)]
        found.append((said(answers), state(drop, holds)))
    assert found[0] == found[1]
