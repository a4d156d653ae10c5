"""Publishing, ending now, and telling the screens that a phase has come."""

import threading

import pytest
from django.db import connection

from drops.errors import Closed
from drops.models import Drop, Phase
from drops.plan_rules import AlreadyEnded
from drops.schedule import announce_phases, end_now, publish
from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid
from reservations.holds.reserve import reserve
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_purchase, make_reservation

pytestmark = pytest.mark.django_db(transaction=True)


def told(heard):
    return [(event["drop"], event["phase"]) for event in heard.of("drop-updated")]


def test_publishing_tells_the_screens_once(heard):
    drop = make_drop(1, published=False, starts_in=60)
    assert publish(drop).published
    publish(drop)
    assert told(heard) == [(str(drop.pk), "upcoming")]
    assert announce_phases() == 0


def test_a_drop_without_sizes_cannot_be_published(heard):
    drop = make_drop({}, published=False)
    with pytest.raises(Invalid):
        publish(drop)
    assert not Drop.objects.get(pk=drop.pk).published
    assert heard.events == []


def test_ending_now_closes_the_door_but_a_hold_may_still_be_paid(heard, alice, bob):
    drop = make_drop(2)
    hold = make_reservation(alice, drop)
    ended = end_now(drop)
    assert ended.ends_at <= database_time()
    assert told(heard) == [(str(drop.pk), "ended")]
    with pytest.raises(Closed):
        reserve(member=bob, drop=drop)
    assert buy(hold.pk, member=alice, address=ADDRESS, payment_method="test_ok").created


def test_a_drop_ends_once_and_not_before_it_began():
    drop = make_drop(1)
    end_now(drop)
    with pytest.raises(AlreadyEnded):
        end_now(drop)
    with pytest.raises(Invalid):
        end_now(make_drop(1, starts_in=60))


def test_each_phase_is_announced_when_it_has_come(heard, alice):
    draft, upcoming, live = make_drop(1, published=False), make_drop(1, starts_in=60), make_drop(1)
    assert announce_phases() == 2
    assert sorted(told(heard)) == sorted([(str(upcoming.pk), "upcoming"), (str(live.pk), "live")])
    assert announce_phases() == 0
    make_purchase(alice, live)
    assert announce_phases() == 1
    assert told(heard)[-1] == (str(live.pk), "sold_out")
    assert Drop.objects.get(pk=draft.pk).announced_phase == Phase.DRAFT


def test_two_beats_at_once_announce_a_phase_once(heard):
    """Acceptance 30 (beats): whatever runs twice at once tells its news once."""
    drops = [make_drop(1) for _ in range(5)]
    start = threading.Barrier(4)

    def beat():
        try:
            start.wait()
            announce_phases()
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for thread in beats:
        thread.start()
    for thread in beats:
        thread.join()
    assert sorted(told(heard)) == sorted((str(drop.pk), "live") for drop in drops)
