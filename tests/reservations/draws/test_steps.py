"""Close, beacon, seed, ranks: what is published when, and what each step refuses (acceptance 47, 60)."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from drops import schedule
from drops.errors import Closed
from reservations.draws import beacons, check, entries, steps, terms
from reservations.draws.errors import BeaconRefused, StepRefused
from reservations.draws.models import Draw, DrawAward, DrawEntry, DrawFile
from reservations.seeds import seal
from tests.make import make_member
from tests.reservations.draws.files import RANDOMNESS, ROUND, SIGNATURE
from tests.reservations.draws.making import (
    CLOSED_AT,
    GOOD,
    beacon_host,
    crowd,
    drawn,
    due_now,
    end,
    enter,
    make_draw_drop,
    named_beacons,
)

pytestmark = pytest.mark.django_db
FORGED = SIGNATURE[:-2] + "7a"


@pytest.fixture
def drop():
    return make_draw_drop({"8": 1, "9": 2})


def content(draw, name):
    return bytes(DrawFile.objects.get(draw=draw, name=name).content).decode()


def test_round_and_time_of_drand_are_those_that_it_tells():
    assert terms.time_of(1).isoformat() == "2023-08-23T15:09:27+00:00"
    assert terms.round_at(terms.time_of(ROUND)) == ROUND
    assert terms.round_at(terms.time_of(ROUND) - timedelta(seconds=1)) == ROUND
    assert terms.round_at(terms.time_of(ROUND) + timedelta(seconds=1)) == ROUND + 1
    assert terms.beacons_for(CLOSED_AT)[0]["round"] == ROUND


def test_a_beacon_counts_from_its_moment_to_that_of_the_next():
    named = terms.beacons_for(CLOSED_AT)
    moments = [terms.datetime.fromisoformat(beacon["from"]) for beacon in named]
    assert moments == sorted(moments)
    assert terms.beacon_due(named, moments[0] - timedelta(seconds=1)) is None
    for beacon, moment in zip(named, moments, strict=True):
        assert terms.beacon_due(named, moment) == beacon
    assert terms.beacon_due(named, moments[1] - timedelta(seconds=1)) == named[0]


def test_what_decides_is_public_from_the_publishing_of_the_drop(drop):
    draw = Draw.objects.get(drop=drop)
    (promised,) = draw.moves.all()
    assert promised.facts["commitment"] == seal.sealed(drop.pk).commitment
    assert [beacon["source"] for beacon in promised.facts["beacons"]] == ["drand", "nist", "dice"]
    assert terms.time_of(draw.beacons[0]["round"]) >= drop.ends_at + terms.MARGIN


def test_the_list_is_published_at_close_and_never_before(drop):
    crowd(drop, 5, "9")
    with pytest.raises(StepRefused, match="still open"):
        steps.close(Draw.objects.get(drop=drop))
    draw = steps.close(end(drop))
    lines = content(draw, "entries.csv").splitlines()
    assert (draw.state, len(lines), draw.listed["count"]) == ("closed", 6, 5)
    assert lines[1:] == sorted(lines[1:])
    assert draw.listed["stock"] == [{"size": "8", "pairs": 1}, {"size": "9", "pairs": 2}]
    assert seal.sealed(drop.pk).revealed_at is None
    assert steps.close(draw).closed_at == draw.closed_at


@pytest.mark.parametrize("slow", ["leaves_of", "draw_from"])
def test_a_draw_that_takes_long_to_compute_is_not_ended_as_if_it_were_frozen(drop, monkeypatch, slow):
    real, allowed = getattr(steps, slow), []

    def takes_long(*args, **said):
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            allowed.extend(cursor.fetchone())
        return real(*args, **said)

    crowd(drop, 2, "9")
    monkeypatch.setattr(steps, slow, takes_long)
    assert drawn(drop).state == "drawn"
    assert allowed == ["5min"]


def test_who_has_withdrawn_before_close_is_not_in_the_list_and_who_withdraws_later_is(drop, alice, bob):
    enter(alice, drop)
    enter(bob, drop)
    entries.withdraw(alice, drop)
    draw = steps.close(end(drop))
    entries.withdraw(bob, drop)
    assert draw.listed["count"] == 1
    assert entries.entry_of(bob, drop).leaf in content(draw, "entries.csv")


def test_friends_have_one_leaf(drop):
    first = enter(make_member(), drop, group="new")
    enter(make_member(), drop, group=first.group.code)
    crowd(drop, 1)
    draw = steps.close(end(drop))
    assert (draw.listed["count"], draw.listed["people"]) == (2, 3)
    assert DrawEntry.objects.filter(group=first.group).values("leaf").distinct().count() == 1


def test_the_draw_waits_for_the_beacon_and_is_decided_by_it(drop, monkeypatch):
    crowd(drop, 6, "9")
    end(drop)
    with beacon_host(monkeypatch, (404, b""), (200, GOOD)) as asked:
        assert steps.sweep() == 1
        draw = Draw.objects.get(drop=drop)
        assert (draw.state, draw.note) == ("closed", f"It waits for drand, since {named_beacons()[0]['at']}.")
        due_now(drop)
        assert steps.sweep() == 1
    assert asked == [f"/{terms.CHAIN}/public/{ROUND}"] * 2
    draw.refresh_from_db()
    assert (draw.state, draw.beacon["value"]) == ("drawn", f"drand:{RANDOMNESS}")
    assert [move.step for move in draw.moves.all()] == ["promised", "closed", "beacon", "drawn"]
    assert steps.sweep() == 0


def test_the_files_are_those_that_the_script_finds_right(drop, tmp_path, alice):
    crowd(drop, 8, "9", "8")
    mine = enter(alice, drop, "8")
    first = enter(make_member(), drop, "9", group="new")
    enter(make_member(), drop, "8", group=first.group.code)
    draw = drawn(drop)
    for file in draw.files.all():
        (tmp_path / file.name).write_bytes(bytes(file.content))
        assert check.sha(bytes(file.content).decode()) == file.sha256
    done = subprocess.run(
        [sys.executable, tmp_path / "check.py", tmp_path, mine.salt, str(alice.pk)], capture_output=True, text=True, check=True
    )
    mine.refresh_from_db()
    assert done.stdout.splitlines()[-2:-1] == ["ok    all 10 ranks are the same"]
    assert done.stdout.splitlines()[-1].startswith(f"your entry: rank {mine.rank},{mine.leaf}")
    ranks = dict(DrawEntry.objects.filter(draw=draw).values_list("leaf", "rank"))
    told = [line.split(",") for line in content(draw, "ranks.csv").splitlines()[1:]]
    assert {leaf: int(rank) for rank, leaf, *_ in told} == ranks
    assert json.loads(content(draw, "draw.json"))["seed"] == seal.sealed(drop.pk).secret.hex()


def test_winners_are_awarded_what_the_ranks_say(drop):
    crowd(drop, 6, "9", "8")
    draw = drawn(drop)
    won = [(entry.rank, entry.won.label) for entry in draw.entries.filter(won__isnull=False)]
    assert won == [(1, "9"), (2, "9"), (3, "8")]
    assert [(award.entry.rank, award.size.label) for award in DrawAward.objects.all()] == won
    nine = drop.sizes.get(label="9").pk
    assert draw.entries.get(rank=4).waits == {str(drop.sizes.get(label="8").pk): 1, str(nine): 1}


WRONG = {
    "another round": (GOOD | {"round": ROUND + 1}, f"round {ROUND + 1} is not {ROUND}"),
    "no round": ({"signature": SIGNATURE}, f"round None is not {ROUND}"),
    "forged": (GOOD | {"signature": FORGED}, "its signature is not good"),
    "no signature": ({"round": ROUND, "randomness": RANDOMNESS}, "there is no signature"),
    "other randomness": (GOOD | {"randomness": "00" * 32}, "its randomness is not that of its signature"),
    "a list": ([GOOD], "this is no beacon"),
    "no JSON": (b"<html>", "this is no JSON"),
}


@pytest.mark.parametrize(("answer", "fault"), WRONG.values(), ids=WRONG)
def test_a_wrong_or_forged_beacon_is_refused_and_named_in_the_trail(drop, monkeypatch, answer, fault):
    crowd(drop, 2)
    end(drop)
    with beacon_host(monkeypatch, (200, answer)):
        for _ in range(2):
            steps.sweep()
            due_now(drop)
    draw = Draw.objects.get(drop=drop)
    assert (draw.state, draw.beacon) == ("closed", None)
    (refused,) = draw.moves.filter(step="beacon refused")
    assert refused.facts["because"].endswith(fault)


def test_the_control_without_the_signature_the_forged_beacon_would_count(drop, monkeypatch):
    import drand_verify

    value = beacons.sha256(bytes.fromhex(FORGED)).hexdigest()
    monkeypatch.setattr(drand_verify, "verify_quicknet", lambda *said: value)
    crowd(drop, 2)
    end(drop)
    with beacon_host(monkeypatch, (200, {"round": ROUND, "signature": FORGED})):
        steps.sweep()
    assert Draw.objects.get(drop=drop).beacon["value"] == f"drand:{value}"


def test_a_host_that_is_not_there_is_waited_for(drop, monkeypatch):
    crowd(drop, 2)
    end(drop)
    with beacon_host(monkeypatch, (200, GOOD)):
        pass
    steps.sweep()
    assert Draw.objects.get(drop=drop).state == "closed"


PULSE_AT = CLOSED_AT.replace(hour=11, second=0)


def pulse(**facts):
    return {"pulse": {"timeStamp": PULSE_AT.isoformat(), "outputValue": "AB" * 64, "uri": "https://beacon.nist.gov/x", **facts}}


def test_the_fall_back_counts_from_its_moment_on_and_then_drand_counts_no_more(drop, monkeypatch):
    crowd(drop, 2)
    draw = steps.close(end(drop, nist=PULSE_AT))
    with pytest.raises(StepRefused, match="Another beacon counts"):
        steps.take_beacon(draw, beacons.good_beacon(named_beacons()[0], GOOD))
    with beacon_host(monkeypatch, (200, pulse())) as asked:
        steps.sweep()
    assert asked == [f"/beacon/2.0/pulse/time/{int(PULSE_AT.timestamp() * 1000)}"]
    draw.refresh_from_db()
    assert (draw.state, draw.beacon["value"]) == ("drawn", "nist:" + "ab" * 64)


@pytest.mark.parametrize("facts", [{"timeStamp": CLOSED_AT.isoformat()}, {"timeStamp": "x"}, {"outputValue": "AB"}])
def test_another_pulse_is_refused(facts):
    with pytest.raises(BeaconRefused):
        beacons.good_beacon(named_beacons(nist=PULSE_AT)[1], pulse(**facts))


def test_nobody_chooses_a_fall_back_while_drand_counts(drop):
    crowd(drop, 2)
    draw = steps.close(end(drop))
    for found in (beacons.thrown("1 2 3 4 5 6 " * 3), beacons.good_beacon(named_beacons(nist=PULSE_AT)[1], pulse())):
        with pytest.raises(StepRefused, match="Another beacon counts"):
            steps.take_beacon(draw, found)
    assert Draw.objects.get(drop=drop).beacon is None


def test_a_beacon_stays_once_it_is_there(drop):
    crowd(drop, 2)
    draw = steps.close(end(drop))
    first = steps.take_beacon(draw, beacons.good_beacon(named_beacons()[0], GOOD))
    other = {"source": "drand", "round": ROUND, "signature": SIGNATURE, "value": "drand:00"}
    assert steps.take_beacon(draw, other).beacon == first.beacon


def test_no_beacon_before_close(drop):
    with pytest.raises(StepRefused, match="not closed"):
        steps.take_beacon(Draw.objects.get(drop=drop), beacons.good_beacon(named_beacons()[0], GOOD))


def test_a_draw_that_nobody_entered_comes_to_its_end(drop):
    draw = drawn(drop)
    assert (draw.state, draw.listed["count"], content(draw, "ranks.csv")) == ("drawn", 0, "rank,leaf,won,remark,waitlist\n")


def test_a_drop_that_is_called_off_has_no_draw(drop, staff, alice):
    enter(alice, drop)
    schedule.call_off(drop.pk, by=staff, reason="The lorry is lost.")
    draw = Draw.objects.get(drop=drop)
    assert draw.state == "called_off"
    with pytest.raises(Closed, match="The lorry is lost"):
        enter(make_member(), type(drop).objects.get(pk=drop.pk))
