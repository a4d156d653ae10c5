"""A process killed between the bank's yes and the sale leaves its Idempotency-Key to whoever sends the same again (H8)."""

import asyncio

import pytest
from django.db import connection

from dropshop.machine.processes import wait_until
from reservations.models import TestCharge
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import Shopper, client, said, sign_in_all, tickets
from tests.make import ADDRESS, make_drop, make_members, make_reservation
from tests.races.auditor import Auditor
from tests.reservations.till import books


@pytest.fixture
def shop(open_shops):
    """Two web servers, and nobody who would finish what they have begun."""
    with open_shops.borrowed(webs=2, celery=(), env={"DROPSHOP_LIMITS": UNLIMITED, "PAYMENT_TIMEOUT": "60"}) as shop:
        yield shop


def test_the_same_again_is_the_purchase_and_another_request_is_refused(shop):
    drop, (member,) = make_drop(2), make_members(1)
    hold, (cookies,) = make_reservation(member, drop), sign_in_all([member])
    (ticket,) = tickets([member], [drop], [cookies])
    slow = {"address": ADDRESS, "payment_method": "test_slow"}

    def buy(http, url, body):
        return Shopper(http, url, cookies, ticket).post(f"reservations/{hold.pk}/purchase", body, Idempotency_Key="k")

    def kill_it():
        try:
            assert wait_until(TestCharge.objects.all().exists, PATIENCE)
            shop.kill("web1")
        finally:
            connection.close()

    async def run():
        async with client() as http:
            lost = asyncio.create_task(buy(http, shop.urls[0], slow))
            await asyncio.to_thread(kill_it)
            await asyncio.wait([lost])
            other = await buy(http, shop.urls[1], slow | {"payment_method": "test_ok"})
            return lost.exception(), said(other), [said(await buy(http, shop.urls[1], slow)) for _ in range(2)]

    with Auditor():
        lost, other, again = asyncio.run(run())
    assert lost is not None
    assert (other, again) == ((422, "idempotency_mismatch"), [(201, "")] * 2)
    assert books(hold) == [("captured", "captured", 18000)]
