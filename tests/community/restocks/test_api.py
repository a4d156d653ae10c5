"""`restocks` and `stores`, as programs call them."""

from uuid import uuid4

import pytest

from community.models import Restock, RestockVote
from community.moderation import decisions
from community.people import relations
from community.restocks import votes
from tests.make import make_members, make_restock, make_sneaker, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture
def body():
    return {"store": make_store().slug, "sneaker": str(make_sneaker().pk), "sizes": ["9", "9.5"]}


def test_a_member_reports_and_everybody_reads(call, as_member, alice, body):
    price = {"amount": "120.00", "currency": "EUR"}
    answer = as_member(alice).post("restocks", {**body, "price": price, "note": "Two pairs\u202e left"})
    assert answer.status_code == 201
    told = answer.json()["restock"]
    assert call.get("restocks").json()["results"] == [told] == [call.get(f"restocks/{told['id']}").json()]
    assert {name: told[name] for name in ("sizes", "price", "note", "status", "link", "picture", "source", "url")} == {
        "sizes": ["9", "9.5"],
        "price": price,
        "note": "Two pairs left",
        "status": "reported",
        "link": "",
        "picture": None,
        "source": None,
        "url": f"/restocks/{told['id']}/",
    }
    assert told["reporter"] == {"username": "alice", "record": {"reports": 1, "confirmed": 0, "disputed": 0}}


def test_the_same_again_answers_200_and_confirms(as_member, alice, bob, body):
    first = as_member(alice).post("restocks", body).json()["restock"]
    again = as_member(bob).post("restocks", {**body, "sizes": ["10"]})
    told = again.json()["restock"]
    assert (again.status_code, told["id"], told["sizes"]) == (200, first["id"], ["9", "9.5", "10"])
    assert told["confirmations"] == 1


def test_acceptance_36_what_is_not_the_reporters_to_say_is_refused_by_name(as_member, alice, bob, body):
    extra = {
        "status": "confirmed",
        "reporter": str(bob.pk),
        "created_at": "2001-01-01T00:00:00Z",
        "karma": 1000,
        "hidden": True,
    }
    refused = as_member(alice).post("restocks", {**body, **extra})
    assert (refused.status_code, set(refused.json()["errors"]), Restock.objects.count()) == (400, set(extra), 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"store": "nowhere"}, "store"),
        ({"store": "no\u0001where"}, "store"),
        ({"sneaker": str(uuid4())}, "sneaker"),
        ({"sizes": []}, "sizes"),
        ({"sizes": "9"}, "sizes"),
        ({"price": {"amount": "-1", "currency": "USD"}}, "price"),
        ({"price": "0"}, "price"),
        ({"link": "ftp://example.com/x"}, "link"),
        ({"link": "https://example.com/x"}, "link"),
    ],
)
def test_what_is_wrong_is_named(as_member, alice, body, change, field):
    answer = as_member(alice).post("restocks", {**body, **change})
    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (400, "invalid", [field])


def test_a_closed_store_is_not_reported_of(as_member, alice, body):
    body["store"] = str(make_store(active=False).pk)
    assert as_member(alice).post("restocks", body).status_code == 400


def test_members_say_what_they_saw(as_member, alice):
    report = make_restock(alice)
    for member in make_members(2):
        answer = as_member(member).post(f"restocks/{report.pk}/confirm")
        assert answer.status_code == 200
    told = answer.json()["restock"]
    assert (told["status"], told["confirmations"], told["reporter"]["record"]["confirmed"]) == ("confirmed", 2, 1)
    assert as_member(member).post(f"restocks/{report.pk}/confirm").json()["restock"] == told
    assert as_member(alice).post(f"restocks/{report.pk}/gone").json()["restock"]["status"] == "gone"
    answer = as_member(make_members(1)[0]).post(f"restocks/{report.pk}/confirm")
    assert (answer.status_code, answer.json()["code"], answer.json()["restock_status"]) == (409, "restock_ended", "gone")


def test_one_s_own_report_is_refused_by_name(as_member, alice):
    report = make_restock(alice)
    for word in ("confirm", "dispute"):
        answer = as_member(alice).post(f"restocks/{report.pk}/{word}")
        assert (answer.status_code, answer.json()["code"]) == (409, "own_report")


def test_accounts_on_one_network_are_linked_by_their_very_calls(as_member, alice, bob):
    """The address of both is noted by the calls themselves, before the vote is looked at."""
    store, sneaker = make_store(), make_sneaker()
    home = {"REMOTE_ADDR": "203.0.113.7"}
    mine, theirs = as_member(alice), as_member(bob)
    for caller in (mine, theirs):
        caller.client.defaults.update(home)
    told = mine.post("restocks", {"store": store.slug, "sneaker": str(sneaker.pk), "sizes": ["9"]}).json()["restock"]
    answer = theirs.post(f"restocks/{told['id']}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_independent")
    assert RestockVote.objects.count() == 0


def test_acceptance_35_what_is_hidden_is_404_like_what_never_was(as_member, alice, bob, staff):
    report = make_restock(alice)
    decisions.hide(report, moderator=staff)
    answers = [
        (answer.status_code, answer.json())
        for pk in (report.pk, uuid4())
        for caller in (as_member(alice), as_member(bob))
        for answer in (caller.get(f"restocks/{pk}"), *(caller.post(f"restocks/{pk}/{word}") for word in ("confirm", "gone")))
    ]
    assert answers == [answers[0]] * 12
    assert answers[0][0] == 404


def test_visitors_do_not_speak(call, alice):
    report = make_restock(alice)
    assert {call.post(f"restocks/{report.pk}/{word}").status_code for word in ("confirm", "dispute", "gone")} == {401}
    assert call.post("restocks", {}).status_code == 401


def test_acceptance_40_reports_are_limited(as_member, alice, body):
    caller = as_member(alice)
    answers = [caller.post("restocks", body).status_code for _ in range(12)]
    assert answers == [201, *[200] * 9, 429, 429]


def test_the_list_is_filtered(call, alice, bob, staff):
    store, sneaker = make_store(), make_sneaker()
    wanted = make_restock(alice, store=store, sneaker=sneaker, sizes=["9", "10"])
    make_restock(alice, store=store, sizes=["11"])
    other = make_restock(bob, sneaker=sneaker, sizes=["9"])
    votes.decide(other.pk, Restock.Status.GONE, by=staff)
    found = {
        query: [told["id"] for told in call.get(f"restocks?{query}").json()["results"]]
        for query in (
            f"store={store.slug}&size=9",
            f"store={store.pk}&sneaker={sneaker.pk}",
            "status=gone",
            "store=nowhere",
            "size=%01",
        )
    }
    assert list(found.values()) == [[str(wanted.pk)], [str(wanted.pk)], [str(other.pk)], [], []]
    for query in ("status=lost", "sneaker=9"):
        assert call.get(f"restocks?{query}").status_code == 400


def test_a_list_of_one_and_of_three_take_as_many_statements(call, alice, django_assert_num_queries):
    make_restock(alice)
    with django_assert_num_queries(3):
        assert len(call.get("restocks").json()["results"]) == 1
    for _ in range(2):
        make_restock(alice)
    with django_assert_num_queries(3):
        assert len(call.get("restocks").json()["results"]) == 3


def test_of_a_blocked_reporter_only_the_report_is_seen(as_member, alice, bob):
    make_restock(alice, note="Ask for me")
    relations.block(bob, alice)
    (told,) = as_member(bob).get("restocks").json()["results"]
    assert (told["reporter"]["username"], told["note"]) == (None, "")


def test_stores_by_name_without_closed_ones(call):
    make_store("Beta", city="Bonn", place="50.7,7.1", site="https://beta.example")
    make_store("Alpha")
    make_store("Closed", active=False)
    alpha, beta = call.get("stores").json()["results"]
    assert (alpha["name"], alpha["place"]) == ("Alpha", None)
    assert (beta["city"], beta["site"], beta["place"]) == ("Bonn", "https://beta.example", {"latitude": 50.7, "longitude": 7.1})
