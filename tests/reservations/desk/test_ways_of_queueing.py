"""Joining a queue and asking for a place: by ticket at the desk, by the sign-in at the ordinary view."""

import pytest
from django.contrib.sessions.models import Session

from drops.models import Mode
from dropshop.core.clock import database_time
from reservations.models import QueuePlace
from reservations.passes.tokens import issue_pass, queue_ticket
from tests.make import make_member
from tests.reservations.desk.ways import Request, send, send_all
from tests.reservations.queue.people import arrive, begin, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
DIFFERENT = {"x-request-id", "x-queue-ticket", "date", "etag", "ratelimit", "ratelimit-policy"}


def asked(method="GET", body=b"", *, drop=None, ticket=None):
    """A request of a member with a session, about the queue of a drop, with a ticket."""
    request = Request("cookie", body, method=method)
    request.drop = drop or make_queue({"9": 2, "10": 1})
    request.path = f"/api/v1/drops/{request.drop.pk}/queue"
    own = queue_ticket(request.member, request.drop, request.session, at=database_time())
    request.headers["x-queue-ticket"] = own if ticket is None else ticket(request)
    return request


def said(answer):
    body = {name: fact for name, fact in (answer.body or {}).items() if name not in ("server_time", "earliest")}
    return answer.status, body, sorted(name for name, _ in answer.headers if name not in DIFFERENT)


@pytest.mark.parametrize("has_begun", [False, True], ids=["before the start", "after it"])
def test_a_place_is_told_by_ticket_as_it_is_by_session(has_begun):
    request = asked()
    arrive(request.drop, [make_member(), request.member, make_member()])
    if has_begun:
        begin(request.drop)
    desk, view = send(request, doors=True), send(request, doors=False)
    assert (desk.by_desk, view.by_desk) == (True, False)
    assert said(desk) == said(view)
    assert {name: value for name, value in desk.headers if name == "allow"} == {
        name: value for name, value in view.headers if name == "allow"
    }


def test_joining_by_ticket_is_joining(settings):
    drop = make_queue({"9": 2, "10": 1})
    new, again = asked("POST", {"sizes": ["10", "9"]}, drop=drop), asked("POST", b"", drop=drop)
    arrive(drop, [again.member])
    first, second = send(new, doors=True), send(again, doors=True)
    assert (first.by_desk, first.status, second.status) == (True, 201, 200)
    assert dict(first.headers)["location"] == f"/api/v1/drops/{drop.pk}/queue"
    assert [size["size"] for size in first.body["sizes"]] == ["10", "9"]
    assert QueuePlace.objects.filter(drop=drop).count() == 2


def test_a_crowd_that_joins_at_once_is_one_place_each_in_few_transactions():
    drop = make_queue(5)
    crowd = [asked("POST", drop=drop) for _ in range(40)]
    answers = send_all(crowd, doors=True)
    assert [answer.status for answer in answers] == [201] * 40
    numbers = QueuePlace.objects.filter(drop=drop).values_list("number", flat=True)
    assert len({*numbers}) == 40


TICKETS = {
    "none of ours": lambda request: "rubbish",
    "a pass": lambda request: issue_pass(request.member, request.drop, request.session, at=database_time()).text,
    "of another drop": lambda request: queue_ticket(request.member, make_queue(), request.session, at=database_time()),
}


@pytest.mark.parametrize("kind", TICKETS)
def test_a_ticket_that_is_no_good_leaves_it_to_the_sign_in(kind):
    request = asked(ticket=TICKETS[kind])
    arrive(request.drop, [request.member])
    answer = send(request, doors=True)
    assert (answer.by_desk, answer.status) == (False, 200)
    request.cookies.clear()
    assert send(request, doors=True).status == 401


def test_a_ticket_ends_with_the_sign_in_it_was_given_to():
    request = asked()
    arrive(request.drop, [request.member])
    assert send(request, doors=True).status == 200
    Session.objects.all().delete()
    assert send(request, doors=True).status == 401


def test_what_is_unusual_is_left_to_the_view():
    drop = make_queue({"9": 2, "10": 1})
    for body, status in (({"sizes": ["12"]}, 400), ({"sizes": "9"}, 400), ({"size": "9"}, 400)):
        answer = send(asked("POST", body, drop=drop), doors=True)
        assert (answer.by_desk, answer.status) == (False, status)
    stranger = send(asked(drop=drop), doors=True)
    assert (stranger.by_desk, stranger.status, stranger.body["code"]) == (False, 404, "not_in_queue")
    other_mode = asked("POST")
    type(other_mode.drop).objects.filter(pk=other_mode.drop.pk).update(mode=Mode.FIRST_COME)
    assert send(other_mode, doors=True).body["code"] == "no_queue"
    assert QueuePlace.objects.count() == 0
