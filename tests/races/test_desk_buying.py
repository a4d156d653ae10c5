"""Buying at the desk of two server processes whose clocks are an hour wrong; and the same words as the ordinary view's."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from dropshop.machine.processes import wait_until
from reservations.models import Payment, Purchase, Reservation, TestCharge
from tests.harness.patience import PATIENCE
from tests.harness.shoppers import PAST_THE_DESK, Shopper, said, together
from tests.make import ADDRESS, make_drop, make_members, make_purchase, make_reservation
from tests.races.auditor import Auditor
from tests.races.processes import CARD, age, play
from tests.reservations.till import asked_again


def buy(shopper, hold, card=CARD, **headers):
    return shopper.post(f"reservations/{getattr(hold, 'pk', hold)}/purchase", card, **headers)


def passless(shopper):
    """The same member by session alone: the ordinary view."""
    plain = Shopper(shopper.client, "", {})
    plain.url = shopper.url
    plain.headers = {name: value for name, value in shopper.headers.items() if name != "X-Drop-Pass"}
    plain.headers["Cookie"] += "".join(f"; {name}={value}" for name, value in PAST_THE_DESK.items())
    return plain


def token(name):
    return CARD | {"payment_method": name}


def test_a_crowd_that_reserves_and_buys_at_both_desks_gets_and_pays_for_exactly_what_there_is(shop):
    """Acceptance 4 with purchases: everybody at once, one pair each, four sizes, the auditor looking on."""
    drop = make_drop(dict.fromkeys(("8", "9", "10", "11"), 15))
    sizes = list(drop.sizes.values_list("label", flat=True))

    async def one(place, shopper):
        held = await shopper.post(f"drops/{drop.pk}/reserve", {"size": sizes[place % 4]})
        if held.status_code != 201:
            return said(held), None
        bought = await buy(shopper, held.json()["reservation"]["id"])
        return said(bought), bought.json()["purchase"]

    async def script(shoppers):
        return await together(one(*numbered) for numbered in enumerate(shoppers))

    with Auditor():
        answers = play(shop, make_members(120), script, drop=drop)
    assert {said for said, _ in answers} <= {(201, ""), (409, "all_held"), (409, "sold_out")}
    told = [purchase for _, purchase in answers if purchase]
    assert [purchase["status"] for purchase in told] == ["paid"] * 60
    stored = {str(sale.pk): sale for sale in drop.purchases.all()}
    assert {purchase["id"] for purchase in told} == stored.keys()
    assert [sale.address for sale in stored.values()] == [ADDRESS] * 60
    assert list(drop.sizes.values_list("available", "reserved", "sold")) == [(0, 0, 15)] * 4
    assert taken(drop) == [18000] * 60


def taken(drop):
    """What the bank has captured for the payments of this drop."""
    keys = Payment.objects.filter(reservation__drop=drop, status="captured").values_list("pk", flat=True)
    return list(TestCharge.objects.filter(key__in=map(str, keys)).values_list("captured", flat=True))


def test_twenty_clicks_on_buy_at_both_desks_and_the_ordinary_view_are_one_purchase(shop):
    drop, (member,) = make_drop(3), make_members(1)
    hold = make_reservation(member, drop)

    async def script(shoppers):
        (shopper,) = shoppers
        other = Shopper(shopper.client, shop.urls[1], {})
        other.headers = shopper.headers
        return await together(buy(who, hold) for who in [shopper, other, passless(shopper), passless(other)] * 5)

    with Auditor():
        answers = play(shop, [member], script, drop=drop)
    assert Counter(map(said, answers)) == {(201, ""): 1, (200, ""): 19}
    assert len({answer.json()["purchase"]["id"] for answer in answers}) == 1
    assert taken(drop) == [18000]


OUTCOMES = {
    **dict.fromkeys(("declined", "unknown"), (402, "payment_declined")),
    "confirm": (402, "confirmation_required"),
    "lapsed": (410, "hold_expired"),
    "cancelled": (409, "already_cancelled"),
    "bought": (200, ""),
    "foreign": (404, "not_found"),
    "nobody's": (404, "not_found"),
    **dict.fromkeys(("no address", "no card", "empty"), (400, "invalid")),
    "ok": (201, ""),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_the_desk_answers_in_the_words_of_the_ordinary_view(shop, case):
    """Status, headers and body, but for what differs between two purchases; and the state that is left."""
    drop = make_drop(4)
    bodies = {
        "declined": token("test_declined"),
        "unknown": token("nobody_knows"),
        "confirm": token("test_confirm"),
        "no address": {"payment_method": "test_ok"},
        "no card": {"address": ADDRESS},
        "empty": {},
    }

    async def script(shoppers):
        *buyers, stranger = shoppers
        found = []
        for hold, shopper in zip(holds, [buyers[0], passless(buyers[1])], strict=True):
            who = {"foreign": stranger if shopper is buyers[0] else passless(stranger)}.get(case, shopper)
            pk = uuid4() if case == "nobody's" else hold.pk
            if case == "cancelled":
                await shopper.delete(f"reservations/{pk}")
            found.append(await buy(who, pk, bodies.get(case, CARD)))
        return found

    members = make_members(3)
    if case == "bought":
        holds = [make_purchase(member, drop).reservation for member in members[:2]]
    else:
        holds = [make_reservation(member, drop) for member in members[:2]]
    for hold in holds if case == "lapsed" else []:
        age(hold.pk, 61)
    at_the_desk, at_the_view = play(shop, members, script, drop=drop)
    assert said(at_the_desk) == said(at_the_view) == OUTCOMES[case]
    assert alike(at_the_desk) == alike(at_the_view)
    for name in ("Content-Type", "Retry-After", "X-Content-Type-Options"):
        assert at_the_desk.headers.get(name) == at_the_view.headers.get(name)
    stands = [Reservation.objects.get(pk=hold.pk) for hold in holds]
    assert stands[0].status == stands[1].status
    assert (stands[0].pinned_until is None) == (stands[1].pinned_until is None)


def alike(answer):
    """The body without what is each purchase's own."""
    own = {"id", "number", "reservation", "created_at", "expires_at", "confirm_url"}

    def without(thing):
        return (
            {name: name if name in own else without(value) for name, value in thing.items()}
            if isinstance(thing, dict)
            else thing
        )

    return without(answer.json())


def test_a_pass_buys_in_its_own_drop_only_whichever_way_the_request_takes(shop):
    """A pass that does not hold is a 401, a hold of another drop is not there, even the member's own."""
    drop, other, (member, leaver) = make_drop(2), make_drop(1), make_members(2)
    mine, elsewhere, left = make_reservation(member, drop), make_reservation(member, other), make_reservation(leaver, drop)

    async def script(shoppers):
        shopper, gone = shoppers
        session = dict([gone.headers["Cookie"].split("; ")[0].split("=")])["sessionid"]
        await asyncio.to_thread(sign_out, session)
        answers = []
        for ways in ({}, {"Idempotency_Key": "k"}):
            answers += [
                await buy(shopper, elsewhere, **ways),
                await buy(gone, left, **ways),
                await buy(shopper, mine, X_Drop_Pass="rubbish", **ways),
            ]
        only_the_pass = Shopper(shopper.client, "", {}, shopper.headers["X-Drop-Pass"])
        only_the_pass.url = shopper.url
        del only_the_pass.headers["Cookie"], only_the_pass.headers["X-CSRFToken"]
        return answers, [await buy(only_the_pass, mine, Idempotency_Key="p"), await buy(only_the_pass, mine)]

    refused, bought = play(shop, [member, leaver], script, drop=drop)
    assert [said(answer) for answer in refused] == [(404, "not_found"), *[(401, "not_authenticated")] * 2] * 2
    assert [answer.status_code for answer in bought] == [201, 200]
    assert bought[0].json() == bought[1].json()
    assert not Purchase.objects.filter(reservation__in=[elsewhere, left]).exists()


def sign_out(session):
    try:
        Session.objects.filter(pk=session).delete()
    finally:
        connection.close()


def test_what_is_no_purchase_is_refused_at_the_desk_before_anything_is_begun(shop):
    drop, (member,) = make_drop(1), make_members(1)
    hold = make_reservation(member, drop)

    async def script(shoppers):
        (shopper,) = shoppers
        url, headers = f"{shopper.url}reservations/{hold.pk}/purchase", shopper.headers
        send = shopper.client.post
        return [
            await send(url, content=b"{", headers=headers | {"Content-Type": "application/json"}),
            await send(url, content=b"[]", headers=headers | {"Content-Type": "application/json"}),
            await send(url, content=b"a=1", headers=headers | {"Content-Type": "text/plain"}),
            await send(url, content=b'"' + b"x" * 100_000 + b'"', headers=headers | {"Content-Type": "application/json"}),
        ]

    answers = play(shop, [member], script, drop=drop)
    refusals = [(400, "invalid"), (400, "invalid"), (415, "unsupported_media_type"), (413, "too_large")]
    assert [said(answer) for answer in answers] == refusals
    assert not Payment.objects.filter(reservation=hold).exists()


def test_a_slow_bank_keeps_its_own_buyer_waiting_and_nobody_else(shop):
    drop = make_drop(5)
    members = make_members(5)
    holds = [make_reservation(member, drop) for member in members]
    arrived = []

    async def one(shopper, hold, card):
        answer = said(await buy(shopper, hold, token(card)))
        arrived.append(card)
        return answer

    async def script(shoppers):
        slow = asyncio.create_task(one(shoppers[0], holds[0], "test_slow"))
        silent = asyncio.create_task(one(shoppers[1], holds[1], "test_timeout"))
        for hold in holds[:2]:
            await asyncio.to_thread(seen, Payment.objects.filter(reservation=hold))
        quick = await together(one(shopper, hold, "test_ok") for shopper, hold in list(zip(shoppers, holds, strict=True))[2:])
        return [*quick, await slow, await silent]

    answers = play(shop, members, script, drop=drop)
    assert arrived == ["test_ok"] * 3 + ["test_slow", "test_timeout"]
    assert answers == [(201, "")] * 4 + [(402, "payment_unanswered")]
    assert asked_again(Payment.objects.get(reservation=holds[1])).created, "for the audits of others"


def test_who_hangs_up_while_buying_has_bought(shop):
    drop, (member,) = make_drop(1), make_members(1)
    hold = make_reservation(member, drop)

    async def script(shoppers):
        (shopper,) = shoppers
        call = asyncio.create_task(buy(shopper, hold, token("test_slow")))
        await asyncio.to_thread(seen, Payment.objects.filter(reservation=hold))
        call.cancel()
        await asyncio.to_thread(seen, Purchase.objects.filter(reservation=hold, status="paid"))
        return said(await buy(shopper, hold, token("test_slow")))

    assert play(shop, [member], script, drop=drop) == (200, "")


def seen(rows):
    """Returns when there are such rows."""
    try:
        assert wait_until(rows.all().exists, PATIENCE)
    finally:
        connection.close()
