"""Drops that ask for karma: refused at every door that gives a pass or reserves without one, and said in words."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from community.karma import ledger
from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.desk import reserve_door
from reservations.desk.requests import DeskRequest
from reservations.passes import requirements, tokens
from tests.harness.admin_forms import fields
from tests.make import make_drop, make_members, make_reservation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
WORDS = "This drop asks for 50 karma. You have 12."


@pytest.fixture
def gated():
    return make_drop({"9": 3, "10": 3}, min_karma=50)


def has(member, points, staff):
    ledger.give(member, points, by=staff, reason="for the test", key=get_random_string(8))
    return member


@pytest.mark.parametrize("deed", ["pass", "reserve"])
def test_without_the_karma_the_api_refuses_with_what_is_missing(as_member, alice, staff, gated, deed):
    caller = as_member(has(alice, 12, staff))
    answer = caller.post(f"drops/{gated.pk}/{deed}", {"size": "9"} if deed == "reserve" else None)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (403, "permission_denied", WORDS)
    facts = {name: answer.json()[name] for name in ("missing", "karma_needed", "karma")}
    assert facts == {"missing": ["karma"], "karma_needed": 50, "karma": 12}
    assert gated.reservations.count() == 0


def test_with_the_karma_the_pass_reserves(as_member, call, alice, staff, gated):
    caller = as_member(has(alice, 50, staff))
    ticket = caller.post(f"drops/{gated.pk}/pass").json()["pass"]
    assert call.post(f"drops/{gated.pk}/reserve", {"size": "9"}, X_Drop_Pass=ticket).status_code == 201


def test_an_idempotency_key_is_no_way_round(as_member, alice, gated):
    answer = as_member(alice).post(f"drops/{gated.pk}/reserve", {"size": "9"}, Idempotency_Key="k" * 20)
    assert (answer.status_code, answer.json()["missing"]) == (403, ["karma"])


def test_who_has_a_hold_gets_it_again_whatever_became_of_their_points(as_member, alice, staff, gated):
    hold = make_reservation(has(alice, 50, staff), gated, "9")
    ledger.take(alice, 50, by=staff, reason="spam", key="gone")
    answer = as_member(alice).post(f"drops/{gated.pk}/reserve", {"size": "10"})
    assert (answer.status_code, answer.json()["reservation"]["id"]) == (200, str(hold.pk))
    assert as_member(alice).post(f"drops/{gated.pk}/pass").status_code == 403


def test_the_form_is_refused_and_the_page_says_what_is_missing_instead_of_a_button(alice, staff, sign_in, gated):
    client = sign_in(has(alice, 12, staff))
    page = client.get(gated.get_absolute_url()).content.decode()
    assert (WORDS in page, "data-reserve" in page, "data-pass=" in page) == (True, False, False)
    assert 'href="/karma/"' in page
    assert "For members with 50 karma or more." in page
    for fragment in ({}, {"X-Fragment": "drop"}):
        answer = client.post(f"/drops/{gated.slug}/hold/", {"size": "9"}, headers=fragment, follow=True)
        assert WORDS in answer.content.decode()
    assert gated.reservations.count() == 0


def test_with_the_points_the_page_has_its_button_and_its_pass(alice, staff, sign_in, gated):
    page = sign_in(has(alice, 50, staff)).get(gated.get_absolute_url()).content.decode()
    assert (WORDS in page, "data-reserve" in page, "data-pass=" in page) == (False, True, True)


def test_visitors_read_that_it_is_for_members_with_karma(client, gated):
    page = client.get(gated.get_absolute_url()).content.decode()
    assert "For members with 50 karma or more." in page
    assert client.get(f"/api/v1/drops/{gated.slug}").json()["min_karma"] == 50


def queries(act):
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked)


def test_the_desk_asks_nothing_more_of_a_pass_that_was_given(alice, bob, staff, sign_in):
    """The hot path: a batch on a drop that asks for karma costs as many statements as one on a drop that does not."""
    costs = []
    for drop in (make_drop({"9": 3}), make_drop({"9": 3}, min_karma=50)):
        session = sign_in(alice).session.session_key
        ticket = tokens.open_pass(tokens.issue_pass(alice, drop, session, at=database_time()).text)
        request = DeskRequest("", str(drop.pk), b"", True, "198.51.100.7", "", "", False, None, False)
        asked = [reserve_door.Asked(ticket.member_id, "9", request, ticket)]
        answers = []
        costs.append(
            queries(lambda a=asked, d=drop, to=answers: to.extend(reserve_door.serve(d.pk, reserve_door.look_up(d.pk, a), int)))
        )
        assert [answer.status for answer in answers] == [201]
    assert costs[0] == costs[1]


def test_a_drop_that_asks_for_nothing_costs_no_look_at_the_ledger(alice):
    drop = make_drop()
    assert queries(lambda: requirements.missing_requirements(alice, drop)) == 0


def test_points_lost_lock_the_drop_again(as_member, alice, staff, gated):
    caller = as_member(has(alice, 50, staff))
    assert caller.post(f"drops/{gated.pk}/pass").status_code == 200
    ledger.spend(alice, "raffle-entry", source="draw:1")
    assert caller.post(f"drops/{gated.pk}/pass").json()["karma"] == 45


def test_staff_set_it_in_the_form_and_by_the_api(as_member, staff, sign_in):
    gated = make_drop({"9": 3}, min_karma=50, starts_in=3600)
    client, address = sign_in(staff), f"/admin/drops/drop/{gated.pk}/change/"
    form = fields(client.get(address), "drop_form")
    assert form["min_karma"] == "50"
    assert client.post(address, form | {"min_karma": "20"}).status_code == 302
    assert Drop.objects.get(pk=gated.pk).min_karma == 20
    assert as_member(staff).patch(f"drops/{gated.pk}", {"min_karma": 0}).json()["min_karma"] == 0
    assert as_member(staff).patch(f"drops/{gated.pk}", {"min_karma": -1}).status_code == 400


def test_a_member_sets_nothing(as_member, alice, gated):
    given = as_member(alice).post(f"drops/{gated.pk}/pass", {"karma": 1000, "min_karma": 0})
    assert (given.status_code, sorted(given.json()["errors"])) == (400, ["karma", "min_karma"])
    assert as_member(alice).post(f"drops/{gated.pk}/pass").status_code == 403


def test_a_crowd_is_asked_about_in_one_statement(staff, gated):
    members = make_members(5)
    for member, points in zip(members, (12, 50, 49, 51, 0), strict=True):
        if points:
            has(member, points, staff)
    with CaptureQueriesContext(connection) as asked:
        lacking = requirements.lacking(members, gated)
    assert lacking == {members[place].pk for place in (0, 2, 4)}
    assert len(asked) == 1
