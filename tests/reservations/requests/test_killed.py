"""Whoever carries requests out may be killed in any step: the next sweep completes it, once."""

import importlib
from datetime import timedelta

import pytest
from django.db.models import F

from community.models import Notice
from dropshop.core.clock import database_time
from reservations.models import Payment, Purchase, PurchaseRequest, RequestMove, RequestRound, TestCharge
from reservations.purchases.reconcile import reconcile_open
from reservations.requests import bell
from tests.make import make_members
from tests.reservations.requests.opening import at_the_page, carried_out, coming_drop, file_many, open_now, statuses, to_the_end

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Nothing catches it."""


# Each step, in its order: what has just returned when the process dies. Some return within their transaction, which is undone.
STEPS = (
    "bell.decide_first_round",
    "bell.move_each",
    "bell.publish_created",
    "carry_out.move_each",
    "carry_out._move_some",
    "bell.second_round",
    "news.tell",
    "news._tell_some",
    "paying._claim",
    "paying.move_each",
    "paying._settle",
)
BUYING = ("begin_each", "authorise_each", "decide_each", "capture_each")


def die_behind(monkeypatch, module, name):
    """The process dies as this function returns for the first time."""
    target = importlib.import_module(module)
    real, deaths = getattr(target, name), []

    def dying(*args, **kwargs):
        answer = real(*args, **kwargs)
        if not deaths:
            deaths.append(name)
            raise Killed
        return answer

    monkeypatch.setattr(target, name, dying)
    return deaths


def carried_on(drop):
    """As the next processes do, once all leases have run out."""
    long_ago = timedelta(minutes=10)
    for _ in range(3):
        PurchaseRequest.objects.filter(status="processing_payment").update(retry_at=database_time())
        Payment.objects.filter(settled_at=None).update(created_at=F("created_at") - long_ago, retry_at=database_time())
        reconcile_open()
        to_the_end(drop)


@pytest.mark.parametrize("step", [*(f"reservations.requests.{step}" for step in STEPS), *BUYING])
def test_killed_in_any_step_it_completes_once(monkeypatch, step):
    module, _, name = step.rpartition(".")
    drop = coming_drop({"9": 2, "10": 1}, hold_seconds=900)
    at_the_page(drop, *make_members(3))
    file_many(drop, make_members(6))
    open_now(drop)
    deaths = die_behind(monkeypatch, module or "reservations.purchases.buy", name)
    with pytest.raises(Killed):
        to_the_end(drop)
    assert deaths
    carried_on(drop)
    assert statuses(drop) == {"success": 3, "taken": 3}
    assert [(size.available, size.reserved, size.sold) for size in drop.sizes.all()] == [(0, 0, 2), (0, 0, 1)]
    assert Purchase.objects.filter(drop=drop, status="paid").count() == 3
    assert TestCharge.objects.filter(status="captured").count() == 3
    assert Notice.objects.filter(cause__startswith="request:").count() == 6
    assert RequestMove.objects.values("request", "to").distinct().count() == RequestMove.objects.count()
    assert RequestRound.objects.get(drop=drop).done_at is not None


def test_control_a_round_that_is_not_noted_with_its_pairs_gives_the_part_away_twice():
    """As if the note were a transaction of its own, before which the process was killed."""
    drop = coming_drop({"9": 10})
    at_the_page(drop, *make_members(10))
    file_many(drop, make_members(10))
    open_now(drop)
    bell.decide_first_round(drop.pk)
    assert statuses(drop)["processing_payment"] == 5
    bell.decide_first_round(drop.pk)
    assert statuses(drop)["processing_payment"] == 5
    RequestRound.objects.update(decided_at=None)
    bell.decide_first_round(drop.pk)
    assert statuses(drop)["processing_payment"] > 5


def test_two_workers_at_once_carry_it_out_once():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    drop = coming_drop({"9": 5}, hold_seconds=900)
    file_many(drop, make_members(20))
    open_now(drop)

    def work(_):
        carried_out(drop)
        connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    to_the_end(drop)
    assert statuses(drop) == {"success": 5, "taken": 15}
    assert RequestMove.objects.values("request", "to").distinct().count() == RequestMove.objects.count()
    assert TestCharge.objects.filter(status="captured").count() == 5
