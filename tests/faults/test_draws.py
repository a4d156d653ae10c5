"""A draw whose worker is killed at any statement comes to the same end once, and so do its awards."""

import pytest
from django.db import connection

from reservations.draws import awards, beacons, steps
from reservations.draws.models import Draw, DrawAward
from reservations.models import Payment, Purchase
from reservations.seeds import seal
from tests.reservations.draws.making import GOOD, carry_awards, crowd, due_now, end, make_draw_drop, named_beacons

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Nothing of the shop catches this: as far as the database is concerned, the process is gone."""


@pytest.fixture
def dies():
    """dies(number, deed): runs the deed, whose connection ends before its statement of this number; whether it got there."""

    def run(number, deed):
        left = iter(range(number))

        def fail(execute, sql, params, many, context):
            if next(left, None) is None:
                raise Killed
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(fail):
                deed()
        except Killed:
            connection.close()
            return True
        return False

    return run


def state(drop):
    """All that a draw has come to, but for moments."""
    draw = Draw.objects.get(drop=drop)
    files = [(file.name, file.sha256) for file in draw.files.exclude(name="draw.json").order_by("name")]
    entries = [(entry.leaf, entry.rank, entry.won_id) for entry in draw.entries.order_by("pk")]
    moves = [move.step for move in draw.moves.all()]
    return draw.state, files, entries, moves, DrawAward.objects.filter(entry__draw=draw).count()


def close(drop):
    steps.close(Draw.objects.get(drop=drop))


def take_beacon(drop):
    steps.take_beacon(Draw.objects.get(drop=drop), beacons.good_beacon(named_beacons()[0], GOOD))


def decide(drop):
    steps.decide(Draw.objects.get(drop=drop))


STEPS = {"close": close, "beacon": take_beacon, "decide": decide}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_killed_at_any_statement_happens_once(dies, step):
    drop = make_draw_drop({"8": 1, "9": 1})
    crowd(drop, 4, "9", "8")
    end(drop)
    for earlier in [*STEPS][: [*STEPS].index(step)]:
        STEPS[earlier](drop)
    before, number = state(drop), 0
    while dies(number, lambda: STEPS[step](drop)):
        now = state(drop)
        assert now == before, f"killed before statement {number}"
        if step != "decide":
            assert seal.sealed(drop.pk).revealed_at is None
        number += 1
    assert number > 2
    done = state(drop)
    assert done != before
    STEPS[step](drop)
    assert state(drop) == done


def test_the_control_a_step_in_pieces_is_left_half_done(dies, monkeypatch):
    """Without its transaction, a killed step has published a part of itself."""
    drop = make_draw_drop({"9": 1})
    crowd(drop, 2)
    end(drop)
    monkeypatch.setattr(steps.transaction, "atomic", lambda *said, **options: _Nothing())
    monkeypatch.setattr(steps, "_locked", lambda draw: Draw.objects.select_related("drop").get(pk=draw.pk))
    monkeypatch.setattr(steps.Drop.objects, "select_for_update", lambda **options: steps.Drop.objects.all())
    before, halves, number = state(drop), 0, 0
    while dies(number, lambda: close(drop)):
        halves += state(drop) != before
        Draw.objects.get(drop=drop).files.all().delete()
        number += 1
    assert halves


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *said):
        return False


def test_an_award_that_is_killed_at_any_statement_sells_one_pair(dies):
    drop = make_draw_drop({"9": 1})
    crowd(drop, 2)
    end(drop)
    for step in STEPS.values():
        step(drop)
    number = 0
    while dies(number, awards.sweep):
        due_now(drop)
        assert Purchase.objects.count() <= 1
        size = drop.sizes.get()
        assert size.reserved + size.sold <= 1
        number += 3
    due_now(drop)
    carry_awards()
    assert [(award.entry.rank, award.state) for award in DrawAward.objects.all()] == [(1, "paid")]
    # What the bank has not been told yet is told by `settle_payments`, as of every purchase.
    assert (Purchase.objects.count(), Payment.objects.filter(status__in=Payment.SOLD).count()) == (1, 1)
