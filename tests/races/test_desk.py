"""The desk on two real server processes whose clocks are an hour wrong: batches from both meet at the row lock."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

from django.contrib.sessions.models import Session

from dropshop.core.clock import database_time
from reservations.models import Reservation
from tests.harness.shoppers import PAST_THE_DESK, Shopper, client, said, sign_in_all, together
from tests.harness.shoppers import tickets as passes_of
from tests.make import lapse, make_drop, make_members, make_reservation
from tests.races.auditor import Auditor


def tickets(members, drop):
    """A pass for each member."""
    return passes_of(members, [drop] * len(members), sign_in_all(members))


def reserve_all(shop, drop, texts, *bodies):
    """Everybody at once, every second one on the other server; the answers in their order."""

    async def run():
        async with client() as http:
            visitors = [Shopper(http, url, {}) for url in shop.urls]
            wanted = [bodies[place % len(bodies)] if bodies else {} for place in range(len(texts))]
            return await together(
                visitors[place % 2].post(f"drops/{drop.pk}/reserve", wanted[place], X_Drop_Pass=text)
                for place, text in enumerate(texts)
            )

    return asyncio.run(run())


def test_acceptance_3_one_pair_and_500_at_the_desk(shop):
    """Acceptance 3 through the desk: one 201, 499 definite refusals, no 5xx."""
    drop = make_drop(1)
    texts = tickets(make_members(500), drop)
    with Auditor():
        answers = Counter(map(said, reserve_all(shop, drop, texts)))
    assert answers == {(201, ""): 1, (409, "all_held"): 499}


def test_acceptance_4_demand_above_stock_is_granted_to_the_last_pair_over_several_sizes(shop):
    drop = make_drop({"8": 20, "9": 20, "10": 20})
    texts = tickets(make_members(200), drop)
    with Auditor():
        answers = reserve_all(shop, drop, texts, {"size": "8"}, {"size": "9"}, {"size": "10"})
    assert Counter(map(said, answers)) == {(201, ""): 60, (409, "all_held"): 140}
    told = {answer.json()["reservation"]["id"] for answer in answers if answer.status_code == 201}
    assert told == {str(pk) for pk in Reservation.objects.filter(drop=drop).values_list("pk", flat=True)}
    assert list(drop.sizes.values_list("available", "reserved")) == [(0, 20)] * 3


def test_acceptance_6_fifty_requests_of_one_member_are_one_hold(shop):
    drop = make_drop({"8": 20, "9": 20})
    (text,) = tickets(make_members(1), drop)
    answers = reserve_all(shop, drop, [text] * 50, {"size": "8"}, {"size": "9"})
    assert Counter(map(said, answers)) == {(201, ""): 1, (200, ""): 49}
    assert len({answer.json()["reservation"]["expires_at"] for answer in answers}) == 1
    assert drop.reservations.count() == 1


def test_acceptance_7_the_desk_reclaims_what_has_lapsed(shop):
    drop, (alice, bob) = make_drop(1), make_members(2)
    lapse(make_reservation(alice, drop))
    (answer,) = reserve_all(shop, drop, tickets([bob], drop))
    assert said(answer) == (201, "")


def test_a_hold_of_the_desk_lasts_a_full_minute_of_the_databases_clock(shop):
    drop = make_drop(1)
    (answer,) = reserve_all(shop, drop, tickets(make_members(1), drop))
    hold = Reservation.objects.get(pk=answer.json()["reservation"]["id"])
    assert hold.expires_at - hold.created_at == timedelta(seconds=60)
    assert abs(database_time() - hold.created_at) < timedelta(minutes=5)


def test_a_pass_is_useless_after_sign_out_and_for_a_disabled_member(shop):
    drop, (alice, bob) = make_drop(2), make_members(2)
    texts = tickets([alice, bob], drop)
    Session.objects.all().delete()
    assert {said(answer) for answer in reserve_all(shop, drop, texts)} == {(401, "not_authenticated")}
    texts = tickets([alice, bob], drop)
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    assert [said(answer) for answer in reserve_all(shop, drop, texts)] == [(201, ""), (401, "not_authenticated")]


WAYS = {"by id": {}, "by slug": {}, "with a key": {}, "the ordinary view": PAST_THE_DESK}


def test_bad_requests_at_the_desk_get_the_words_of_the_view_and_change_nothing(shop):
    drop, other = make_drop({"8": 1, "9": 1}), make_drop(1)
    draft = make_drop(1, published=False)
    (text,) = tickets(make_members(1), drop)
    (foreign,) = tickets(make_members(1), other)

    async def run():
        async with client() as http:
            answers = []
            for way, jar in WAYS.items():
                visitor, is_keyed = Shopper(http, shop.urls[0], jar), way in ("with a key", "the ordinary view")

                async def ask(body, ticket=text, ref=drop.pk if way == "by id" else drop.slug, visitor=visitor, keyed=is_keyed):
                    key = {"Idempotency_Key": uuid4().hex} if keyed else {}
                    return said(await visitor.post(f"drops/{ref}/reserve", body, X_Drop_Pass=ticket, **key))

                answers.append(
                    [
                        await ask({}),
                        await ask({"size": "7"}),
                        await ask({"size": True}),
                        await ask([1]),
                        await ask({"size": "9"}, foreign),
                        await ask({"size": "9"}, "rubbish"),
                        await ask({"size": "9"}, ref=other.slug),
                        await ask({"size": "9"}, ref="no-such-drop"),
                        await ask({"size": "9"}, ref=draft.slug),
                    ]
                )
            too_large = said(await visitor.post(f"drops/{drop.slug}/reserve", {"size": "9" * 5000}, X_Drop_Pass=text))
            return answers, too_large

    (by_id, by_slug, by_key, at_the_view), too_large = asyncio.run(run())
    assert by_id == by_slug == by_key == at_the_view
    assert by_id == [(400, "invalid")] * 4 + [(401, "not_authenticated")] * 3 + [(404, "not_found")] * 2
    assert too_large == (413, "too_large")
    assert drop.reservations.count() == 0


def test_a_pair_is_reserved_by_the_slug_of_its_drop_as_by_its_id(shop):
    drop = make_drop(2)
    first, second = tickets(make_members(2), drop)

    async def run():
        async with client() as http:
            visitor = Shopper(http, shop.urls[0], {})
            asked = [(drop.slug, first), (drop.pk, first), (drop.slug, second), (drop.slug, second)]
            return [said(await visitor.post(f"drops/{ref}/reserve", {}, X_Drop_Pass=text)) for ref, text in asked]

    assert asyncio.run(run()) == [(201, ""), (200, ""), (201, ""), (200, "")]


def test_sessions_passes_and_keys_of_both_ways_meet_at_the_same_desk(shop):
    """A quarter each: by session, by session past the desk, by pass, by pass with a key."""
    drop = make_drop(10)
    members = make_members(40)
    cookies = sign_in_all(members)
    texts = passes_of(members, [drop] * 40, cookies)

    async def run():
        async with client() as http:
            asked = []
            for place, (text, jar) in enumerate(zip(texts, cookies, strict=True)):
                jars = [jar, jar | PAST_THE_DESK, {}, {}]
                papers = [{}, {}, {"X_Drop_Pass": text}, {"X_Drop_Pass": text, "Idempotency_Key": "k"}]
                visitor = Shopper(http, shop.urls[place // 4 % 2], jars[place % 4])
                asked.append(visitor.post(f"drops/{drop.pk}/reserve", {}, **papers[place % 4]))
            return await together(asked)

    with Auditor():
        answers = Counter(map(said, asyncio.run(run())))
    assert answers == {(201, ""): 10, (409, "all_held"): 30}


def test_fifty_requests_with_one_key_at_both_desks_and_past_them_are_one_hold_and_one_answer(shop):
    """H8: also where another process is at work under the key at that moment."""
    drop = make_drop(20)
    (member,) = make_members(1)
    (jar,) = sign_in_all([member])

    async def run():
        async with client() as http:
            jars = [jar, jar | PAST_THE_DESK]
            shoppers = [Shopper(http, url, each) for url in shop.urls for each in jars]
            return await together(
                shoppers[place % 4].post(f"drops/{drop.pk}/reserve", {}, Idempotency_Key="once") for place in range(50)
            )

    with Auditor():
        answers = asyncio.run(run())
    assert {said(answer) for answer in answers} == {(201, "")}
    assert len({answer.json()["reservation"]["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    assert drop.reservations.count() == 1


def test_who_is_signed_out_or_shut_out_reserves_nothing_more_by_session(shop):
    drop, members = make_drop(3), make_members(3)
    jars = sign_in_all(members)
    Session.objects.filter(pk=jars[0]["sessionid"]).delete()
    type(members[1]).objects.filter(pk=members[1].pk).update(is_active=False)

    async def run():
        async with client() as http:
            return await together(Shopper(http, shop.urls[0], jar).post(f"drops/{drop.pk}/reserve") for jar in jars)

    assert list(map(said, asyncio.run(run()))) == [(401, "not_authenticated")] * 2 + [(201, "")]
