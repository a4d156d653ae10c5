"""`drops/{id}/queue`: join, read, choose, leave; and what only those whose turn it is may do."""

from datetime import datetime

import pytest
from django.test import Client

from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.models import DropQueue, QueuePlace
from reservations.passes.tokens import issue_pass
from reservations.queue import facts
from reservations.queue.admit import admit
from tests.make import make_drop, make_members
from tests.reservations.queue.people import arrive, begin, look, make_queue

pytestmark = pytest.mark.usefixtures("db")


def test_joining_is_told_once_as_new(as_member, alice):
    drop = make_queue({"8": 1, "9": 2})
    first = as_member(alice).post(f"drops/{drop.slug}/queue", {"sizes": ["9", "8"]})
    again = as_member(alice).post(f"drops/{drop.pk}/queue")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first["Location"] == f"/api/v1/drops/{drop.pk}/queue"
    assert [size["size"] for size in again.json()["sizes"]] == ["9", "8"]
    assert (first.json()["state"], first.json()["place"], first.json()["of"]) == ("before", None, 1)
    assert QueuePlace.objects.count() == 1


def test_a_place_is_read_with_all_that_is_known(as_member, alice):
    drop = make_queue({"8": 1, "9": 2})
    as_member(alice).post(f"drops/{drop.pk}/queue", {"sizes": ["8"]})
    begin(drop)
    look(drop, [alice])
    told = as_member(alice).get(f"drops/{drop.pk}/queue").json()
    assert {name: told[name] for name in ("state", "place", "of", "ahead", "left", "held", "sold", "poll_after")} == {
        "state": "waiting", "place": 1, "of": 1, "ahead": 0, "left": 3, "held": 0, "sold": 0, "poll_after": 2,
    }  # fmt: skip
    assert told["chance"] == {"low": 10, "high": 10}
    assert (told["commitment"], told["seed"], told["rank"]) == (drop.seed.commitment, None, None)


def test_whoever_asks_before_the_start_keeps_nobody_from_arriving(as_member, alice, monkeypatch):
    drop = make_queue()
    arrive(drop, [alice])
    monkeypatch.setattr(facts, "order_of", None)  # which asks for the lock alone
    told = as_member(alice).get(f"drops/{drop.pk}/queue").json()
    assert (told["state"], told["place"], told["of"]) == ("before", None, 1)


def test_who_never_joined_has_no_place(as_member, alice):
    answer = as_member(alice).get(f"drops/{make_queue().pk}/queue")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_in_queue")


def test_other_sizes_keep_the_place(as_member, alice):
    drop = make_queue({"8": 1, "9": 2})
    caller = as_member(alice)
    caller.post(f"drops/{drop.pk}/queue", {"sizes": ["8"]})
    before = QueuePlace.objects.get().number
    told = caller.patch(f"drops/{drop.pk}/queue", {"sizes": ["9"]})
    assert (told.status_code, [size["size"] for size in told.json()["sizes"]]) == (200, ["9"])
    assert QueuePlace.objects.get().number == before
    assert caller.patch(f"drops/{drop.pk}/queue", {"sizes": ["12"]}).json()["errors"].keys() == {"size"}


def test_leaving_twice_is_no_trouble_and_leaves_others_alone(as_member, alice, bob):
    drop = make_queue()
    arrive(drop, [alice, bob])
    assert [as_member(alice).delete(f"drops/{drop.pk}/queue").status_code for _ in range(2)] == [204, 204]
    assert (look(drop, [alice])[alice.pk]["state"], look(drop, [bob])[bob.pk]["state"]) == ("left", "before")


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"mode": "first_come"}, "no_queue"), ({"starts_in": -9, "open_for": -1}, "closed"), ({"published": False}, "not_found")],
    ids=["another mode", "over", "a draft"],
)
def test_there_is_nothing_to_join(as_member, alice, facts, code):
    if facts.get("open_for") == -1:
        drop = make_queue(starts_at=database_time().replace(year=2020), ends_at=database_time().replace(year=2021))
    else:
        drop = make_queue(**facts)
    answer = as_member(alice).post(f"drops/{drop.pk}/queue")
    assert answer.json()["code"] == code
    assert QueuePlace.objects.count() == 0


def test_a_closed_queue_keeps_who_is_in_it_and_takes_nobody_new(as_member, alice, bob):
    drop = make_queue()
    arrive(drop, [alice])
    DropQueue.objects.update_or_create(drop=drop, defaults={"drained_at": database_time()})
    answer = as_member(bob).post(f"drops/{drop.pk}/queue")
    assert (answer.status_code, answer.json()["code"]) == (409, "queue_closed")
    assert as_member(alice).post(f"drops/{drop.pk}/queue").status_code == 200


def test_who_lacks_something_for_the_drop_is_told_before_they_wait(as_member, alice):
    answer = as_member(alice).post(f"drops/{make_queue(min_karma=50).pk}/queue")
    assert (answer.status_code, answer.json()["missing"]) == (403, ["karma"])


@pytest.mark.parametrize("deed", ["pass", "reserve"])
def test_nobody_reserves_before_their_turn(as_member, alice, deed):
    drop = make_queue(1)
    arrive(drop, [alice])
    begin(drop)
    answer = as_member(alice).post(f"drops/{drop.pk}/{deed}")
    assert (answer.status_code, answer.json()["missing"]) == (403, ["turn"])
    assert answer.json()["queue"] == f"/api/v1/drops/{drop.pk}/queue"
    admit(drop)
    assert as_member(alice).post(f"drops/{drop.pk}/{deed}").status_code in (200, 201)


def test_a_pass_that_is_made_when_the_turn_has_just_ended_is_good_for_nothing(alice):
    drop = make_queue()
    begin(drop)
    made = issue_pass(alice, drop, "session", at=database_time())
    assert made.expires_at <= drop.starts_at


def test_a_pass_ends_with_the_turn(as_member, alice):
    drop = make_queue(1)
    DropQueue.objects.create(drop=drop, turn_seconds=60)
    arrive(drop, [alice])
    begin(drop)
    admit(drop)
    until = as_member(alice).post(f"drops/{drop.pk}/pass").json()["expires_at"]
    assert datetime.fromisoformat(until) == QueuePlace.objects.get().admitted_until.replace(microsecond=0)


def reserve_by(given, drop):
    return Client().post(f"/api/v1/drops/{drop.pk}/reserve", {}, "application/json", headers={"X-Drop-Pass": given})


def test_a_pass_of_a_turn_that_was_given_up_reserves_nothing(as_member, alice):
    drop = make_queue(1)
    arrive(drop, [alice])
    begin(drop)
    admit(drop)
    given = as_member(alice).post(f"drops/{drop.pk}/pass").json()["pass"]
    as_member(alice).delete(f"drops/{drop.pk}/queue")
    answer = reserve_by(given, drop)
    assert (answer.status_code, answer.json()["missing"]) == (403, ["turn"])
    assert drop.sizes.get().available == 1


def test_a_pass_of_before_the_drop_had_a_queue_reserves_nothing(as_member, alice):
    drop = make_drop(1, starts_in=300, open_for=3600)
    given = as_member(alice).post(f"drops/{drop.pk}/pass").json()["pass"]
    Drop.objects.filter(pk=drop.pk).update(mode="queue")
    begin(drop)
    assert reserve_by(given, drop).status_code == 403
    arrive(drop, [alice])
    admit(Drop.objects.get(pk=drop.pk))
    assert reserve_by(given, drop).status_code == 201


def test_others_need_no_turn(as_member, alice):
    assert as_member(alice).post(f"drops/{make_drop(1).pk}/reserve").status_code == 201


class TestStaff:
    @pytest.fixture
    def runner(self, as_member, manager):
        return as_member(manager)

    def test_each_deed_is_done_once_and_kept_with_its_reason(self, runner, manager):
        drop = make_queue()
        changes = {"per_minute": 60, "on_hold": True, "word": "Back soon.", "drained": True, "reason": "The bank is slow."}
        first = runner.patch(f"drops/{drop.pk}/queue/control", changes)
        again = runner.patch(f"drops/{drop.pk}/queue/control", changes)
        assert (first.status_code, again.status_code) == (200, 200)
        told = again.json()
        assert {(deed["kind"], deed["to"], deed["reason"], deed["by"]) for deed in told["deeds"]} == {
            (kind, to, "The bank is slow.", manager.username)
            for kind, to in (("rate", "60"), ("hold", ""), ("word", "Back soon."), ("drain", ""))
        }
        assert len(told["deeds"]) == 4
        assert (told["per_minute"], told["word"]) == (60, "Back soon.")

    def test_those_waiting_read_the_word_and_why_it_takes_longer(self, runner, as_member, alice):
        drop = make_queue()
        arrive(drop, [alice])
        begin(drop)
        runner.patch(f"drops/{drop.pk}/queue/control", {"on_hold": True, "word": "Back soon.", "reason": "Bank."})
        told = look(drop, [alice])[alice.pk]
        assert (told["on_hold"], told["word"], told["later_because"], told["latest"]) == (
            *(True, "Back soon.", "The shop has put the queue on hold.", None),
        )

    def test_without_a_reason_nothing_is_done(self, runner):
        drop = make_queue()
        assert runner.patch(f"drops/{drop.pk}/queue/control", {"on_hold": True}).status_code == 400
        assert runner.patch(f"drops/{drop.pk}/queue/control", {"on_hold": True, "reason": " "}).status_code == 400
        assert DropQueue.objects.filter(on_hold_at__isnull=False).count() == 0

    def test_the_length_of_a_turn_stays_once_somebody_has_arrived(self, runner):
        drop = make_queue()
        assert runner.patch(f"drops/{drop.pk}/queue/control", {"turn_seconds": 120, "reason": "Short."}).status_code == 200
        arrive(drop, make_members(1))
        answer = runner.patch(f"drops/{drop.pk}/queue/control", {"turn_seconds": 60, "reason": "Shorter."})
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["turn_seconds"])

    def test_the_rules_of_the_drop_stay_once_somebody_has_arrived(self, runner):
        drop = make_queue()
        arrive(drop, make_members(1))
        answer = runner.patch(f"drops/{drop.pk}", {"mode": "first_come"})
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["mode"])

    def test_others_learn_nothing(self, as_member, alice, editor):
        drop = make_queue()
        for member in (alice, editor):
            assert as_member(member).get(f"drops/{drop.pk}/queue/control").status_code == 403
            assert as_member(member).get("drops/no-such-drop/queue/control").status_code == 403
