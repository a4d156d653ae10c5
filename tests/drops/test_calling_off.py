"""Calling a drop off: before and while it runs, for good, for a reason that everybody reads."""

import pytest

from drops.errors import Closed
from drops.facts import drop_facts, snapshot
from drops.models import Drop, Phase
from drops.plan_rules import AlreadyEnded, begun, judge
from drops.schedule import announce_phases, call_off, called_off, end_now
from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.hooks import Registry
from reservations.holds.reserve import reserve
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_reservation

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The pairs were damaged on their way to us."


@pytest.mark.parametrize("starts_in", [pytest.param(3600, id="upcoming"), pytest.param(-60, id="live")])
def test_a_drop_that_is_called_off_has_ended_and_says_why(starts_in, heard, staff, alice):
    drop = make_drop({"9": 2}, starts_in=starts_in)
    over = call_off(drop.pk, by=staff, reason=f" {WHY} ")
    (facts,) = drop_facts([over])
    (known,) = Drop.objects.with_phase().filter(pk=drop.pk)
    assert (facts["phase"], known.phase_now, facts["called_off"]) == (Phase.ENDED, Phase.ENDED, WHY)
    assert snapshot(drop.pk)["called_off"] == WHY
    assert [(told["phase"], told["called_off"]) for told in heard.of("drop-updated")] == [("ended", WHY)]
    assert announce_phases() == 0
    with pytest.raises(Closed, match="damaged"):
        reserve(member=alice, drop=drop)


def test_a_hold_may_still_be_paid(staff, alice):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    call_off(drop.pk, by=staff, reason=WHY)
    assert buy(hold.pk, member=alice, address=ADDRESS, payment_method="test_ok").created


def test_what_cannot_be_called_off_is_refused_by_name_and_stays(staff):
    draft, ended, twice, upcoming = make_drop(1, published=False), make_drop(1), make_drop(1), make_drop(1, starts_in=60)
    end_now(ended)
    call_off(twice.pk, by=staff, reason=WHY)
    before = {*Drop.objects.values_list("pk", "called_off_at", "ends_at", "published")}
    for drop, refusal in ((draft, Invalid), (ended, AlreadyEnded), (twice, AlreadyEnded)):
        with pytest.raises(refusal):
            call_off(drop.pk, by=staff, reason=WHY)
    for reason in ("", "   ", "x" * 301):
        with pytest.raises(Invalid) as refused:
            call_off(upcoming.pk, by=staff, reason=reason)
        assert [*refused.value.facts["errors"]] == ["reason"]
    with pytest.raises(NotFound):
        call_off(staff.pk, by=staff, reason=WHY)
    assert {*Drop.objects.values_list("pk", "called_off_at", "ends_at", "published")} == before


def test_the_rooms_above_follow_in_the_same_transaction(staff, monkeypatch):
    drop, followed = make_drop(1), Registry("test.called_off")
    monkeypatch.setattr("drops.schedule.called_off", followed)

    def breaks(over):
        raise RuntimeError(over.called_off_because)

    followed.add("breaks", breaks)
    with pytest.raises(RuntimeError, match="damaged"):
        call_off(drop.pk, by=staff, reason=WHY)
    assert Drop.objects.get(pk=drop.pk).called_off_at is None
    assert called_off is not followed


def test_staff_call_it_off_by_the_api_with_a_permission_and_a_reason(as_member, staff, alice):
    drop = make_drop(1, starts_in=60)
    boss, shopper = as_member(staff), as_member(alice)
    assert shopper.post(f"drops/{drop.pk}/call-off", {"reason": WHY}).status_code == 403
    assert boss.post(f"drops/{drop.pk}/call-off", {}).status_code == 400
    answer = boss.post(f"drops/{drop.slug}/call-off", {"reason": WHY})
    assert (answer.status_code, answer.json()["phase"], answer.json()["called_off"]) == (200, "ended", WHY)
    again = boss.post(f"drops/{drop.pk}/call-off", {"reason": WHY})
    assert (again.status_code, again.json()["code"]) == (409, "already_ended")


def test_once_people_have_entered_what_was_promised_stays(staff, monkeypatch):
    drop = make_drop({"9": 1}, starts_in=3600)
    arrived = Registry("test.begun")
    monkeypatch.setattr("drops.plan_rules.begun", arrived)
    changes = {
        "mode": "draw",
        "price": 19900,
        "currency": "EUR",
        "limit_per_member": 2,
        "ends_at": drop.starts_at,
        "title": "New",
    }
    for name, value in changes.items():
        if name not in ("ends_at", "currency"):
            judge(drop, {name: value}, by=staff, moment=database_time())
    arrived.add("somebody", lambda pk: pk == drop.pk)
    for name, value in changes.items():
        if name == "title":
            judge(drop, {name: value}, by=staff, moment=database_time())
            continue
        with pytest.raises(Invalid):
            judge(drop, {name: value}, by=staff, moment=database_time(), reason="because")
    assert begun is not arrived
