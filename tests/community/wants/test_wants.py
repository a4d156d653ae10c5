"""Wants: what matches them, who is told of it, and `wants` of the API."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.closet import pairs as closet
from community.models import Notice, Restock, Want
from community.notifications import telling
from community.people import relations
from community.wants import edit
from community.wants.matching import Matches, matches_of, notice_matches_of_restock
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.make import make_member, make_pair, make_sneaker, make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def sneaker():
    return make_sneaker()


def make_restock(sneaker, reporter, **facts):
    return Restock.objects.create(**{"store": make_store(), "sneaker": sneaker, "reporter": reporter, "sizes": ["9"], **facts})


def found(member):
    (matches,) = matches_of(member.wants.all(), viewer=member).values()
    return matches


def test_pairs_for_trade_and_open_restocks_match_the_newest_first(alice, bob, sneaker):
    edit.add(alice, sneaker, {"sizes": ["9", "9.5"], "worst_condition": 3, "highest_price": Money(15000, "USD")})
    pairs = [make_pair(bob, sneaker=sneaker, for_trade=True, condition=condition) for condition in (3, 4)]
    restocks = [make_restock(sneaker, bob, price=price) for price in (15000, None)]
    restocks += [make_restock(sneaker, bob, sizes=[]), make_restock(sneaker, bob, price=99999, currency="EUR")]
    assert found(alice) == Matches(pairs[::-1], restocks[::-1])


def test_what_is_another_hidden_dear_worn_over_or_ones_own_matches_nothing(alice, bob, sneaker):
    edit.add(alice, sneaker, {"sizes": ["9"], "worst_condition": 3, "highest_price": Money(15000, "USD")})
    blocked, gone = make_member(), make_member(is_active=False)
    relations.block(blocked, alice)
    for facts in (
        {"owner": alice},
        {"owner": blocked},
        {"owner": gone},
        {"owner": bob, "size": "10"},
        {"owner": bob, "condition": 2},
        {"owner": bob, "sneaker": make_sneaker()},
        {"owner": bob, "hidden": True},
        {"owner": bob, "removed_at": database_time()},
    ):
        make_pair(**{"sneaker": sneaker, "for_trade": True, **facts})
    make_pair(bob, sneaker=sneaker, visibility="public")
    for facts in (
        {"sizes": ["10"]},
        {"price": 15001},
        {"hidden": True},
        {"status": "gone"},
        {"reporter": blocked},
        {"sneaker": make_sneaker()},
    ):
        make_restock(**{"sneaker": sneaker, "reporter": bob, **facts})
    assert found(alice) == Matches([], [])


def test_a_member_whose_want_a_pair_matches_is_told_once(alice, bob, charlie, sneaker):
    edit.add(alice, sneaker, {"sizes": ["9"]})
    edit.add(bob, sneaker, {})
    edit.add(charlie, sneaker, {"worst_condition": 4})
    pair = make_pair(bob, sneaker=sneaker, condition=2)
    for for_trade in (True, False, True):
        closet.change(pair.pk, member=bob, changes={"visibility": "members", "for_trade": for_trade})
        telling.sweep()
    telling.sweep()
    (told,) = Notice.objects.all()
    assert (told.member, told.kind, told.cause, told.url) == (alice, "want", f"pair:{pair.pk}", f"/closet/pairs/{pair.pk}/")
    assert told.text == f"One of your wants: bob offers {sneaker} in 9 for trade."


def test_who_keeps_out_of_anothers_sight_is_not_told_of_them(alice, bob, charlie, sneaker):
    for member in (alice, charlie):
        edit.add(member, sneaker, {})
    relations.block(bob, alice)
    relations.mute(charlie, bob)
    closet.add(bob, {"sneaker": sneaker, "size": "9", "visibility": "public", "for_trade": True})
    notice_matches_of_restock(make_restock(sneaker, bob))
    telling.sweep()
    assert Notice.objects.count() == 0


def test_a_member_is_told_of_a_restock_they_want_once(alice, bob, charlie, staff, sneaker):
    edit.add(alice, sneaker, {"sizes": ["9", "10"], "highest_price": Money(12000, "USD")})
    edit.add(bob, sneaker, {"sizes": ["11"]})
    edit.add(charlie, sneaker, {"highest_price": Money(11999, "USD")})
    restock = make_restock(sneaker, staff, price=12000, sizes=["9", "9.5"])
    for _ in range(2):
        notice_matches_of_restock(restock)
    telling.sweep()
    (told,) = Notice.objects.all()
    assert (told.member, told.url) == (alice, f"/restocks/{restock.pk}/")
    assert told.text == f"One of your wants: {sneaker} in 9, 9.5 is reported at {restock.store} for $120."


def test_three_wants_cost_as_many_statements_as_one(as_member, alice, bob):
    call, counts = as_member(alice), []
    for _ in range(3):
        sneaker = make_sneaker()
        make_pair(bob, sneaker=sneaker, for_trade=True)
        make_restock(sneaker, bob)
        call.post("wants", {"sneaker": str(sneaker.pk)})
        with CaptureQueriesContext(connection) as caught:
            assert len(call.get("wants").json()["results"][0]["matches"]) == 2
        counts.append(len(caught))
    assert counts[0] == counts[1] == counts[2]


def test_a_want_is_told_with_its_matches_and_the_same_again_is_the_same(as_member, alice, bob, sneaker):
    pair = make_pair(bob, sneaker=sneaker, for_trade=True)
    wish = {"sneaker": str(sneaker.pk), "sizes": ["9"], "worst_condition": "good", "highest_price": "150.00"}
    assert list(as_member(alice).post("wants", wish | {"member": "bob"}).json()["errors"]) == ["member"]
    first, again = (as_member(alice).post("wants", wish) for _ in range(2))
    want = alice.wants.get()
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert {name: value for name, value in first.json().items() if name != "sneaker"} == {
        "id": str(want.pk),
        "sizes": ["9"],
        "worst_condition": "good",
        "highest_price": {"amount": "150.00", "currency": "USD"},
        "matches": [{"kind": "pair", "id": str(pair.pk), "url": f"/closet/pairs/{pair.pk}/"}],
        "created_at": want.created_at.isoformat().replace("+00:00", "Z"),
    }
    other = as_member(alice).post("wants", {**wish, "sizes": ["10"]})
    assert (other.status_code, other.json()["code"], other.json()["want"]) == (409, "already_wanted", str(want.pk))
    changed = as_member(alice).patch(f"wants/{want.pk}", {"sizes": [], "highest_price": None}).json()
    assert (changed["sizes"], changed["highest_price"], changed["worst_condition"]) == ([], None, "good")
    assert as_member(alice).delete(f"wants/{want.pk}").status_code == 204
    assert Want.objects.count() == 0


def test_acceptance_35_somebody_elses_want_reads_like_a_missing_one(as_member, alice, bob, sneaker):
    """Acceptance 35."""
    want, _ = edit.add(alice, sneaker, {})
    for pk in (want.pk, uuid.uuid4()):
        answers = [
            as_member(bob).get(f"wants/{pk}"),
            as_member(bob).patch(f"wants/{pk}", {"sizes": ["1"]}),
            as_member(bob).delete(f"wants/{pk}"),
        ]
        assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [(404, "You have no such want.")] * 3
    assert alice.wants.get().sizes == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sneaker": str(uuid.uuid4())}, "sneaker"),
        ({"sizes": ["9"] * 41}, "sizes"),
        ({"worst_condition": "mint"}, "worst_condition"),
        ({"highest_price": "1.234"}, "highest_price"),
    ],
)
def test_a_want_that_makes_no_sense_is_refused_by_field(as_member, alice, sneaker, wrong, field):
    answer = as_member(alice).post("wants", {"sneaker": str(sneaker.pk), **wrong})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


# -- The page --------------------------------------------------------------------------------------


def test_a_want_is_found_said_changed_and_forgotten_without_scripts(alice, bob, sneaker, sign_in):
    client = sign_in(alice)
    assert "No wants yet." in client.get("/closet/wants/").content.decode()
    assert f"?sneaker={sneaker.pk}" in client.get(f"/closet/wants/new/?search={sneaker.style_code}").content.decode()
    said = {"sizes": "9, 9.5 ,9", "worst_condition": "2", "highest_price": "150", "currency": "USD"}
    assert client.post("/closet/wants/new/", {"sneaker": sneaker.pk, **said})["Location"] == "/closet/wants/"
    want, pair = alice.wants.get(), make_pair(bob, sneaker=sneaker, for_trade=True)
    assert (want.sizes, want.worst_condition, want.highest_price) == (["9", "9.5"], 2, 15000)
    assert pair.get_absolute_url() in client.get("/closet/wants/").content.decode()
    again = client.post("/closet/wants/new/", {"sneaker": sneaker.pk, **said, "sizes": ""})
    assert again["Location"] == f"/closet/wants/{want.pk}/"
    client.post(f"/closet/wants/{want.pk}/", {**said, "sizes": "11"})
    assert alice.wants.get().sizes == ["11"]
    assert client.post(f"/closet/wants/{want.pk}/", {**said, "sizes": "x" * 30}).status_code == 400
    client.post(f"/closet/wants/{want.pk}/", {"do": "remove"})
    assert alice.wants.count() == 0


def test_nobody_reads_or_forgets_somebody_elses_want(alice, bob, sneaker, sign_in):
    want, _ = edit.add(alice, sneaker, {})
    client = sign_in(bob)
    answers = [client.get(f"/closet/wants/{want.pk}/"), client.post(f"/closet/wants/{want.pk}/", {"do": "remove"})]
    assert ([answer.status_code for answer in answers], alice.wants.count()) == ([404, 404], 1)
