"""A request with an Idempotency-Key is answered by the desk as by the ordinary view, also where each has it once (H8)."""

import json

import pytest

from dropshop.core.clock import database_time
from reservations.holds import lifecycle
from reservations.models import Reservation
from tests.make import make_member, make_reservation
from tests.reservations.desk.ways import Request, seen, send, send_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def keyed(by, **headers):
    request = Request(by)
    request.headers |= {"idempotency-key": "k", **headers}
    return request


BYS = ["cookie", "token", "pass"]


@pytest.mark.parametrize("by", BYS)
def test_what_is_sent_again_with_its_key_is_answered_as_before_by_either_way(by):
    told = []
    for first, second in ((True, True), (True, False), (False, True), (False, False)):
        request = keyed(by)
        told.append([send(request, doors=first), send(request, doors=second)])
        assert [answer.by_desk for answer in told[-1]] == [first, second]
        assert told[-1][0].body == told[-1][1].body
        assert request.drop.reservations.count() == 1
    for one, again in told:
        assert (one.status, again.status) == (201, 201)
        assert seen(one) == seen(told[0][0])
        assert seen(again) == seen(told[0][1])
    assert dict(told[0][1].headers)["idempotent-replayed"] == "true"


@pytest.mark.parametrize("by", BYS)
def test_a_key_that_was_used_for_another_request_is_refused_by_either_way(by):
    told = []
    for doors in (True, False):
        request = keyed(by)
        first = send(request, doors=doors)
        request.body = {"size": "10"}
        told.append(send(request, doors=doors))
        assert (first.status, told[-1].status, told[-1].by_desk) == (201, 422, doors)
    assert seen(told[0]) == seen(told[1])


@pytest.mark.parametrize("by", BYS)
def test_a_refusal_leaves_no_key_and_what_was_refused_may_be_tried_again(by):
    told = []
    for doors in (True, False):
        request = keyed(by)
        holds = [make_reservation(make_member(), request.drop, "9") for _ in range(2)]
        told.append([send(request, doors=doors)])
        lifecycle.cancel(holds[0].pk, member=holds[0].member)
        Reservation.objects.filter(pk=holds[0].pk).update(offered_at=database_time())
        told[-1].append(send(request, doors=doors))
    assert [[answer.status for answer in answers] for answers in told] == [[409, 201], [409, 201]]
    assert [seen(answer) for answer in told[0]] == [seen(answer) for answer in told[1]]


def test_a_hold_that_was_there_before_its_key_is_told_again_as_it_was_told_first():
    for doors in (True, False):
        request = keyed("cookie")
        make_reservation(request.member, request.drop, "10")
        first, again = (send(request, doors=doors) for _ in range(2))
        assert (first.status, again.status, first.body) == (200, 200, again.body)


def test_replays_count_as_nothing(settings):
    settings.LIMITS = settings.LIMITS | {"reserve": {"member": "1/1h", "address": "600/10s"}}
    for doors in (True, False):
        request = keyed("cookie")
        answers = [send(request, doors=doors) for _ in range(3)]
        assert [answer.status for answer in answers] == [201] * 3
        assert ["ratelimit" in dict(answer.headers) for answer in answers] == [True, False, False]


def test_of_two_with_one_key_in_one_batch_one_is_served_and_the_other_told_the_same():
    request = keyed("token")
    answers = send_all([request] * 5, doors=True)
    assert [answer.status for answer in answers] == [201] * 5
    assert len({json.dumps(answer.body) for answer in answers}) == 1
    assert sorted("idempotent-replayed" in dict(answer.headers) for answer in answers) == [False, True, True, True, True]
    assert request.drop.reservations.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"], ids=["none", "too long", "a tab", "another letter"])
def test_an_odd_key_is_treated_as_the_view_treats_it(key):
    answers = []
    for doors in (True, False):
        request = keyed("token")
        request.headers["idempotency-key"] = key
        answers.append(send(request, doors=doors))
    assert seen(answers[0]) == seen(answers[1])


def test_members_and_drops_do_not_meet_on_a_key():
    one, other = keyed("cookie"), keyed("pass")
    assert [send(request, doors=True).status for request in (one, other)] == [201, 201]
    other.path, other.headers["x-drop-pass"] = one.path, keyed("pass").headers["x-drop-pass"]
    assert send(other, doors=True).status == 401
