"""Two live processes that hand over to each other: shoppers at both, and each drop's batches in one of them."""

import asyncio
import json
from collections import Counter
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from reservations.models import Reservation
from tests.harness.batches import batches_of, noted_batches, wait_until_acquainted
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import Shopper, client, said, sign_in_all, tickets, together
from tests.make import make_drop, make_members
from tests.races.auditor import Auditor

RUN = {"8": 40, "9": 40}
ENV = {"DROPSHOP_LIMITS": UNLIMITED, "DROPSHOP_LIVE_PROCESSES": "2"}


@pytest.fixture(scope="module")
def neighbours(open_shops):
    """Two web servers that know each other; whose batches they are is noted."""
    with open_shops.borrowed(webs=2, celery=(), env=ENV) as shop, noted_batches():
        wait_until_acquainted(shop)
        yield shop


def rush(urls, drop, members, *bodies):
    """Everybody at once, every second one at the other server; the answers in their order."""
    passes = tickets(members, [drop] * len(members), sign_in_all(members))

    async def run():
        async with client() as http:
            return await together(
                Shopper(http, urls[place % len(urls)], {}).post(
                    f"drops/{drop.pk}/reserve", bodies[place % len(bodies)], X_Drop_Pass=text
                )
                for place, text in enumerate(passes)
            )

    return asyncio.run(run())


def test_shoppers_at_two_processes_are_decided_in_the_batches_of_one(neighbours):
    drop = make_drop(RUN)
    with Auditor():
        answers = rush(neighbours.urls, drop, make_members(100), {"size": "8"}, {"size": "9"}, {"size": "9"})
    assert Counter(map(said, answers)) == {(201, ""): 34 + 40, (409, "all_held"): 26}
    told = {answer.json()["reservation"]["id"] for answer in answers if answer.status_code == 201}
    assert told == {str(pk) for pk in Reservation.objects.filter(drop=drop).values_list("pk", flat=True)}
    assert list(drop.sizes.values_list("available", "reserved")) == [(6, 34), (0, 40)]
    assert len(batches_of(drop)) == 1


def test_control_processes_that_do_not_hand_over_have_batches_of_both(skewed, django_db_blocker):
    with django_db_blocker.unblock(), skewed.orm(), noted_batches():
        drop = make_drop(RUN)
        rush(skewed.urls, drop, make_members(100), {"size": "8"}, {"size": "9"})
        assert len(batches_of(drop)) == 2


def test_what_is_answered_is_the_same_at_both(neighbours):
    """Words, headers and limits; who asks again at the other process has the same hold (H3)."""
    drop, members = make_drop(1), make_members(3)
    (text, late, _) = tickets(members, [drop] * 3, sign_in_all(members))
    own = {"date", "x-request-id", "ratelimit", "content-length"}

    async def run():
        async with client() as http:
            shoppers = [Shopper(http, url, {}) for url in neighbours.urls]

            async def ask(ticket, body):
                answers = [await shopper.post(f"drops/{drop.pk}/reserve", body, X_Drop_Pass=ticket) for shopper in shoppers]
                assert [set(answer.headers) for answer in answers] == [set(answers[0].headers)] * 2
                assert "ratelimit" in answers[0].headers
                for name in set(answers[0].headers) - own:
                    assert answers[0].headers[name] == answers[1].headers[name]
                return answers

            await shoppers[0].post(f"drops/{drop.pk}/reserve", {}, X_Drop_Pass=text)
            return await ask(text, {}), await ask(late, {}), await ask(late, {"size": "no such"})

    held, refused, wrong = asyncio.run(run())
    assert [said(answer) for answer in held] == [(200, "")] * 2
    assert held[0].json()["reservation"] == held[1].json()["reservation"]
    assert [said(answer) for answer in refused] == [(409, "all_held")] * 2
    assert refused[0].json() == refused[1].json()
    assert [said(answer) for answer in wrong] == [(400, "invalid")] * 2
    assert wrong[0].json() == wrong[1].json()


def test_fifty_requests_of_one_member_at_both_are_one_hold(neighbours):
    drop, (alice,) = make_drop(RUN), make_members(1)
    answers = rush(neighbours.urls, drop, [alice] * 50, {"size": "8"}, {"size": "9"})
    assert Counter(map(said, answers)) == {(201, ""): 1, (200, ""): 49}
    assert drop.reservations.count() == 1


def test_screens_at_both_processes_show_the_last_stock(neighbours):
    drop = make_drop({"9": 60})
    with ExitStack() as stack:
        screens = [_Screen(url, drop, stack) for url in neighbours.urls]
        rush(neighbours.urls, drop, make_members(50), {})
        assert [screen.wait_for(10) for screen in screens] == [10, 10]


class _Screen:
    """A browser's socket that watches a drop of one size."""

    def __init__(self, url, drop, stack):
        address = url.replace("http", "ws") + "/ws/live/"
        self.socket = stack.enter_context(connect(address, origin=url, open_timeout=PATIENCE))
        self.socket.send(json.dumps({"type": "join-drop", "drop": str(drop.pk)}))

    def wait_for(self, available):
        """What it shows in the end: so many pairs, as soon as it does."""
        shown = None
        while shown != available:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            for size in message.get("sizes", [message] if "available" in message else []):
                shown = size["available"]
        return shown


def test_by_session_with_a_key_each_is_answered_once_whichever_process_is_asked(neighbours):
    """H8 across processes: every request is sent to both at the same moment; one serves it, and both say the same."""
    drop, members = make_drop(40), make_members(40)
    jars = sign_in_all(members)

    async def run():
        async with client() as http:
            return await together(
                Shopper(http, url, jar).post(f"drops/{drop.pk}/reserve", {}, Idempotency_Key="once")
                for jar in jars
                for url in neighbours.urls
            )

    with Auditor():
        answers = asyncio.run(run())
    assert {said(answer) for answer in answers} == {(201, "")}
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert one.json() == other.json()
        assert sorted("idempotent-replayed" in answer.headers for answer in (one, other)) == [False, True]
    assert list(drop.sizes.values_list("available", "reserved")) == [(0, 40)]
