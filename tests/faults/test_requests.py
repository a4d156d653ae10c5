"""Purchase requests while their process is killed again and again, and while Redis is away."""

import time

import pytest
from django.db.models import Q

from dropshop.core.clock import database_time
from dropshop.machine.processes import wait_until
from reservations.models import Purchase, PurchaseRequest, RequestMove, RequestRound, TestCharge
from tests.harness.patience import PATIENCE
from tests.make import make_members, make_reservation
from tests.races.auditor import Auditor
from tests.reservations.requests.opening import at_the_page, coming_drop, file_many, open_now, statuses


@pytest.fixture(scope="module")
def shop(open_shops):
    """A web server, and the process of requests with the worker that settles what it leaves."""
    with open_shops.borrowed(celery=("requests", "worker", "sweeper", "beat"), env={"PAYMENT_TIMEOUT": "1"}) as shop:
        yield shop


def all_have_ended(drop):
    return not PurchaseRequest.objects.filter(drop=drop).exclude(status__in=["success", "failed"]).exists()


def test_the_process_of_requests_is_killed_again_and_again_and_completes_once(shop, chance):
    drop = coming_drop({"9": 40, "10": 20}, hold_seconds=900)
    file_many(drop, make_members(400))
    with Auditor():
        open_now(drop)
        for _ in range(4):
            assert wait_until(lambda: shop.child("requests").alive, PATIENCE)
            time.sleep(chance.uniform(0.2, 3))  # it is killed at a moment drawn by lot, whatever it does then
            shop.kill("requests")
            PurchaseRequest.objects.filter(status="processing_payment").update(retry_at=database_time())  # its leases are over
            shop.restart("requests")
        assert wait_until(lambda: all_have_ended(drop), 2 * PATIENCE)
        assert wait_until(lambda: RequestRound.objects.get(drop=drop).done_at is not None, PATIENCE)
    ended = statuses(drop)
    assert ended["success"] == Purchase.objects.filter(drop=drop).exclude(Q(status="refunded")).count()
    assert ended["success"] == TestCharge.objects.filter(status="captured").count()
    assert ended["success"] + ended["taken"] == 400
    assert ended["success"] == 60
    assert RequestMove.objects.values("request", "to").distinct().count() == RequestMove.objects.count()
    assert [(size.available, size.reserved) for size in drop.sizes.all()] == [(0, 0), (0, 0)]


def test_while_redis_is_away_people_get_their_part_and_requests_theirs_when_it_is_back(shop):
    drop = coming_drop({"9": 4}, hold_seconds=900)
    alice, *people = make_members(4)
    at_the_page(drop, alice, *people)
    file_many(drop, make_members(4))
    shop.stop_redis()
    open_now(drop)
    assert make_reservation(alice, drop).status == "active"
    assert statuses(drop)["processing_payment"] == 2
    shop.start_redis()
    assert wait_until(lambda: all_have_ended(drop), 2 * PATIENCE)
    assert statuses(drop)["success"] >= 2
