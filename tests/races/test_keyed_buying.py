"""Purchases under one Idempotency-Key at two server processes at once, at the desk and past it (H8)."""

from collections import Counter

import pytest

from reservations.models import IdempotencyKey, Payment
from tests.harness.shoppers import PAST_THE_DESK, Shopper, said, together
from tests.make import make_drop, make_members, make_reservation
from tests.races.auditor import Auditor
from tests.races.processes import CARD, play


def ways(shop, shopper):
    """The same member by pass, by session at the desk, and by session at the ordinary view; at either process."""
    by_session = {name: value for name, value in shopper.headers.items() if name != "X-Drop-Pass"}
    past = by_session | {"Cookie": by_session["Cookie"] + "".join(f"; {name}={value}" for name, value in PAST_THE_DESK.items())}
    found = []
    for url in shop.urls:
        for headers in (shopper.headers, by_session, past):
            found.append(Shopper(shopper.client, url, {}))
            found[-1].headers = headers | {"Idempotency-Key": "k"}
    return found


def buy(shopper, hold, token):
    return shopper.post(f"reservations/{hold.pk}/purchase", CARD | {"payment_method": token})


@pytest.mark.parametrize("token", ["test_ok", "test_slow"])
def test_the_same_purchase_many_times_by_all_ways_is_one_sale_with_one_answer(shop, token):
    drop, (member,) = make_drop(3), make_members(1)
    hold = make_reservation(member, drop)

    async def script(shoppers):
        return await together(buy(who, hold, token) for who in ways(shop, shoppers[0]) * 4)

    with Auditor():
        answers = play(shop, [member], script, drop=drop)
    assert Counter(map(said, answers)) == {(201, ""): 24}
    assert len({answer.json()["purchase"]["id"] for answer in answers}) == 1
    assert hold.payments.get().status == "captured"


@pytest.mark.parametrize("token", ["test_ok", "test_slow"])
def test_of_purchases_of_two_pairs_under_one_key_one_is_made_and_each_of_the_other_refused(shop, token):
    drop, (member,) = make_drop(1), make_members(1)
    holds = [make_reservation(member, each) for each in (drop, make_drop(1))]

    async def script(shoppers):
        by_session = [who for who in ways(shop, shoppers[0]) if "X-Drop-Pass" not in who.headers]
        return await together(buy(who, hold, token) for who in by_session * 3 for hold in holds)

    with Auditor():
        answers = play(shop, [member], script, drop=drop)
    assert Counter(map(said, answers)) == {(201, ""): 12, (422, "idempotency_mismatch"): 12}
    assert len({answer.json()["purchase"]["id"] for answer in answers if answer.status_code == 201}) == 1
    assert Payment.objects.filter(reservation__in=holds).count() == 1
    assert IdempotencyKey.objects.get(member=member).status == 201


@pytest.mark.parametrize("token", ["test_declined", "nobody_knows"])
def test_what_is_refused_to_all_at_once_leaves_no_key(shop, token):
    drop, (member,) = make_drop(1), make_members(1)
    hold = make_reservation(member, drop)

    async def script(shoppers):
        refused = await together(buy(who, hold, token) for who in ways(shop, shoppers[0]) * 2)
        return refused, await buy(ways(shop, shoppers[0])[0], hold, "test_ok")

    with Auditor():
        refused, bought = play(shop, [member], script, drop=drop)
    assert Counter(map(said, refused)) == {(402, "payment_declined"): 12}
    assert said(bought) == (201, "")
