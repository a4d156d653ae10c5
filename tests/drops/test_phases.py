"""Phases: derived from the database's clock and the stock, the same in Python and in SQL; and who may enter."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from drops.errors import Closed, NotOpen
from drops.facts import drop_facts
from drops.models import Access, Drop, Phase
from dropshop.core import time_zones
from dropshop.core.clock import database_time
from dropshop.core.time_zones import is_time_zone
from reservations.holds.reserve import reserve
from tests.make import make_drop, make_purchase, make_reservation

pytestmark = pytest.mark.django_db


def phase_of(drop):
    (facts,) = drop_facts([drop])
    (known,) = Drop.objects.with_phase().filter(pk=drop.pk)
    assert known.phase_now == facts["phase"]
    assert list(Drop.objects.in_phase(facts["phase"]).filter(pk=drop.pk)) == [drop]
    return facts["phase"]


def test_the_clock_and_the_stock_decide_the_phase(alice):
    assert phase_of(make_drop(1, published=False)) == Phase.DRAFT
    assert phase_of(make_drop(1, starts_in=60)) == Phase.UPCOMING
    assert phase_of(make_drop(1, starts_in=-60, open_for=30)) == Phase.LIVE
    assert phase_of(make_drop(1, starts_in=-60, ends_at=database_time())) == Phase.ENDED
    last_pair = make_drop(1)
    make_reservation(alice, last_pair)
    assert phase_of(last_pair) == Phase.LIVE, "all held is not sold out (L2)"
    sold = make_drop({"9": 1, "10": 1}, limit_per_member=2)
    make_purchase(alice, sold, "9")
    assert phase_of(sold) == Phase.LIVE
    make_purchase(alice, sold, "10")
    assert phase_of(sold) == Phase.SOLD_OUT


def test_a_drop_that_ended_is_ended_even_when_it_sold_out(alice):
    drop = make_drop(1)
    make_purchase(alice, drop)
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time())
    drop.refresh_from_db()
    assert phase_of(drop) == Phase.ENDED


def test_the_first_instant_belongs_to_the_drop_and_the_last_does_not():
    drop = make_drop(1)
    assert drop.phase_at(drop.starts_at - timedelta(microseconds=1), sold_out=False) == Phase.UPCOMING
    assert drop.phase_at(drop.starts_at, sold_out=False) == Phase.LIVE
    assert drop.phase_at(drop.ends_at - timedelta(microseconds=1), sold_out=False) == Phase.LIVE
    assert drop.phase_at(drop.ends_at, sold_out=False) == Phase.ENDED


def test_before_the_bell_and_after_the_end_nobody_reserves(alice):
    early, over = make_drop(1, starts_in=60), make_drop(1, starts_in=-60, ends_at=database_time())
    with pytest.raises(NotOpen) as refused:
        reserve(member=alice, drop=early)
    assert refused.value.facts == {"starts_at": early.starts_at.isoformat().replace("+00:00", "Z")}
    with pytest.raises(Closed):
        reserve(member=alice, drop=over)
    assert not alice.reservations.exists()


def test_a_members_only_drop_shows_visitors_its_title_time_and_price_and_nothing_of_its_stock(alice):
    drop = make_drop({"9": 3}, access=Access.MEMBERS)
    make_purchase(alice, drop, "9")
    for visitor in (None, AnonymousUser()):
        (facts,) = drop_facts([drop], viewer=visitor)
        assert (facts["title"], facts["price"], facts["phase"]) == (drop.title, drop.money.facts, "live")
        assert (facts["sizes"], facts["top_purchasers"], facts["recent_buyers"]) == ([], [], [])
    (facts,) = drop_facts([drop], viewer=alice)
    assert [size["size"] for size in facts["sizes"]] == ["9"]
    assert [sale["buyer"] for sale in facts["recent_buyers"]] == ["alice"]


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "europe/berlin ", "UTC+2", "localtime", "Factory"])
def test_a_time_zone_is_one_that_exists(name):
    is_time_zone("Europe/Berlin")
    with pytest.raises(ValidationError):
        is_time_zone(name)


def test_the_names_of_time_zones_are_read_from_the_disk_once(monkeypatch):
    time_zones.names()
    monkeypatch.delattr(time_zones, "available_timezones")
    is_time_zone("Europe/Berlin")
