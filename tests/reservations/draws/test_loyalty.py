"""Draws in which fair losses count."""

import pytest

from dropshop.core.clock import database_time
from reservations.draws import beacons, entries, open_draw, steps
from reservations.draws.models import Draw, DrawAward, DrawEntry
from tests.reservations.draws.making import (
    CLOSED_AT,
    GOOD,
    carry_awards,
    drawn,
    end,
    enter,
    make_draw_drop,
    named_beacons,
)

pytestmark = pytest.mark.django_db


def test_losses_count_since_the_last_win_and_only_fair_ones(alice, bob):
    for _ in range(2):
        past = make_draw_drop({"9": 1})
        for member in (alice, bob):
            enter(member, past)
        drawn(past)
    lost = {name: member.draw_entries.filter(award=None).count() for name, member in (("alice", alice), ("bob", bob))}
    last = DrawEntry.objects.filter(award__isnull=False).latest("draw__pk").member
    withdrew = make_draw_drop({"9": 0 + 1})
    enter(alice, withdrew)
    enter(bob, withdrew)
    steps.close(end(withdrew))
    entries.withdraw(alice, withdrew)
    entries.withdraw(bob, withdrew)
    steps.take_beacon(Draw.objects.get(drop=withdrew), beacons.good_beacon(named_beacons()[0], GOOD))
    steps.decide(Draw.objects.get(drop=withdrew))
    drop = make_draw_drop({"9": 1})
    Draw.objects.filter(drop=drop).update(loyalty=True)
    mine = {member.username: enter(member, drop) for member in (alice, bob)}
    steps.close(end(drop))
    for name, entry in mine.items():
        entry.refresh_from_db()
        assert entry.losses == (0 if last.username == name else lost[name])


def test_a_win_stays_one_for_whoever_is_withdrawn_after_it(alice, bob):
    past = [make_draw_drop({"9": 1}) for _ in range(2)]
    for drop in past:
        for member in (alice, bob):
            enter(member, drop)
        drawn(drop)
        carry_awards()
    winner = DrawAward.objects.latest("entry__draw__drawn_at").entry.member
    DrawEntry.objects.filter(member=winner, award__isnull=False).update(withdrawn_at=database_time())
    drop = make_draw_drop({"9": 1})
    Draw.objects.filter(drop=drop).update(loyalty=True)
    entry = enter(winner, drop)
    steps.close(end(drop))
    entry.refresh_from_db()
    assert entry.losses == 0


def test_loyalty_is_off_by_default():
    drop = make_draw_drop({"8": 1, "9": 2})
    assert Draw.objects.get(drop=drop).loyalty is False
    assert open_draw.draw_of(drop).rules == 1
    assert database_time() > CLOSED_AT
