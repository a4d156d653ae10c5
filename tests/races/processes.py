"""Races over HTTP: what the tests on two server processes whose clocks are an hour wrong have in common."""

import asyncio

from dropshop.operating.audit import connect
from tests.harness.shoppers import PAST_THE_DESK, Shopper, client, sign_in_all, tickets
from tests.make import ADDRESS

CARD = {"address": ADDRESS, "payment_method": "test_ok"}


def play(shop, members, script, *, drop=None):
    """What `script(shoppers)`, a coroutine, returns; every second member is at the other server.

    With a `drop`, or one for each, they have passes and so stand at the desk; without they ask the ordinary view by session.
    """
    cookies = sign_in_all(members)
    passes = tickets(members, drop if isinstance(drop, list) else [drop] * len(members), cookies)
    cookies = [jar if text else jar | PAST_THE_DESK for jar, text in zip(cookies, passes, strict=True)]

    async def run():
        async with client() as http:
            papers = enumerate(zip(cookies, passes, strict=True))
            return await script([Shopper(http, shop.urls[place % 2], *paper) for place, paper in papers])

    return asyncio.run(run())


def age(reservation_id, seconds):
    """The hold was granted exactly so long ago."""
    with write() as connection:
        connection.execute(
            "UPDATE reservations_reservation SET created_at = clock_timestamp() - make_interval(secs => %(age)s), "
            "expires_at = clock_timestamp() - make_interval(secs => %(age)s) + interval '60 seconds' WHERE id = %(id)s",
            {"age": seconds, "id": reservation_id},
        )


def write():
    """A connection of the test's own, to where its models are."""
    connection = connect()
    connection.read_only, connection.isolation_level = False, None
    return connection
