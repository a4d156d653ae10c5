"""/karma/ and `GET karma`: every point with its why, what it unlocks, and what comes next."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.karma import ledger
from community.models import KarmaLevel, KarmaRule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


def text_of(page):
    """What a reader reads."""
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def history(alice, staff):
    """Points of every kind."""
    report = str(uuid4())
    ledger.give(alice, 20, by=staff, reason="For helping at the event", key="1")
    ledger.award(alice, "restock-confirmed", source=f"restock:{report}", note="Runner at Corner")
    ledger.spend(alice, "raffle-entry", source="draw:1")
    return report


def test_the_page_tells_every_entry_and_why(alice, sign_in, history):
    page = sign_in(alice).get("/karma/")
    said = text_of(page)
    titles = "You entered a raffle|Your restock report was confirmed|Given by staff"
    assert re.findall(rf"([+−]\d+) ({titles}).*?Balance (\d+)", said) == [
        ("−5", "You entered a raffle", "25"),
        ("+10", "Your restock report was confirmed", "30"),
        ("+20", "Given by staff", "20"),
    ]
    assert "For helping at the event" in said
    assert f'<a href="/restocks/{history}/">Runner at Corner</a>' in page.content.decode()
    assert (page["Cache-Control"].count("no-store"), page.context["standing"].balance) == (1, 25)


def test_the_page_tells_the_level_what_it_unlocks_and_how_far_the_next_is(alice, sign_in, history):
    said = text_of(sign_in(alice).get("/karma/"))
    assert "Your karma 25 Regular : you can confirm reports and post links." in said
    assert "75 more until Trusted: confirm reports with the weight of 2 and post links." in said
    assert [name for name in ("Newcomer", "Regular", "Trusted", "Authority") if name not in said] == []


def test_the_page_tells_the_prices_as_staff_have_set_them(alice, sign_in):
    KarmaRule.objects.filter(pk="restock-confirmed").update(points=7, daily_cap=21)
    KarmaRule.objects.filter(pk="raffle-entry").update(active=False)
    said = text_of(sign_in(alice).get("/karma/"))
    assert "+7 Your restock report was confirmed At most 21 a day (UTC)" in said
    assert [words for words in ("You entered a raffle", "Given by staff", "Taken back") if words in said] == []


def test_nothing_yet_and_no_level_and_the_top_are_said(alice, staff, sign_in):
    client = sign_in(alice)
    assert "Nothing yet. You earn points when others confirm what you did" in text_of(client.get("/karma/"))
    KarmaLevel.objects.filter(threshold=0).delete()
    assert "No level yet." in text_of(client.get("/karma/"))
    ledger.give(alice, 400, by=staff, reason="", key="1")
    assert "There is no level above this one." in text_of(client.get("/karma/"))


def test_what_is_owed_is_said(alice, sign_in):
    ledger.award(alice, "restock-confirmed", source="restock:2")
    ledger.spend(alice, "raffle-entry", source="draw:3")
    ledger.take_back(alice, "restock-confirmed", source="restock:2")
    client = sign_in(alice)
    assert "You owe 5 points: they were taken back after you had spent them." in text_of(client.get("/karma/"))
    assert client.get("/api/v1/karma").json()["owed"] == 5


def test_older_entries_stand_on_the_next_page(alice, staff, sign_in, monkeypatch):
    monkeypatch.setattr("community.karma.views.PAGE_SIZE", 2)
    for number in range(5):
        ledger.give(alice, 1, by=staff, reason=f"Number {number}", key=str(number))
    client, seen, address = sign_in(alice), [], "/karma/"
    while address:
        page = client.get(address)
        seen += re.findall(r"Number \d", text_of(page))
        older = re.search(r'href="(\?older=[^"]+)"', page.content.decode())
        address = f"/karma/{older[1]}" if older else ""
    assert seen == [f"Number {number}" for number in (4, 3, 2, 1, 0)]


def test_35_somebody_elses_entry_is_no_place_to_go_on_from(alice, bob, staff, sign_in):
    theirs = ledger.give(bob, 1, by=staff, reason="", key="1")
    client = sign_in(alice)
    assert [client.get(f"/karma/?older={where}").status_code for where in (theirs.pk, uuid4(), "x", "")] == [404] * 4


def test_visitors_are_asked_to_sign_in(client, db):
    assert client.get("/karma/")["Location"] == "/accounts/login/?next=/karma/"
    assert client.get("/api/v1/karma").status_code == 401


def test_three_entries_cost_as_many_statements_as_one(alice, staff, sign_in):
    client, costs = sign_in(alice), []
    ledger.give(alice, 1, by=staff, reason="", key="0")
    client.get("/karma/")
    for more in ((), ("1", "2")):
        for key in more:
            ledger.give(alice, 1, by=staff, reason="", key=key)
        for address in ("/karma/", "/api/v1/karma"):
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            costs.append(len(asked))
    assert costs[:2] == costs[2:]


def test_the_api_tells_balance_level_and_entries(as_member, alice, history):
    answer = as_member(alice).get("karma").json()
    assert {name: answer[name] for name in ("balance", "owed", "next", "previous")} == {
        "balance": 25,
        "owed": 0,
        "next": None,
        "previous": None,
    }
    assert answer["level"] == {
        "name": "Regular",
        "threshold": 20,
        "confirm_weight": 1,
        "may_post_links": True,
        "next": {"name": "Trusted", "threshold": 100, "confirm_weight": 2, "may_post_links": True},
    }
    newest, second, _ = answer["results"]
    assert set(second) == {"id", "rule", "title", "note", "points", "balance", "source", "url", "created_at"}
    assert {name: second[name] for name in ("rule", "points", "balance", "note", "source", "url")} == {
        "rule": "restock-confirmed",
        "points": 10,
        "balance": 30,
        "note": "Runner at Corner",
        "source": f"restock:{history}",
        "url": f"/restocks/{history}/",
    }
    assert (newest["points"], newest["balance"], newest["url"]) == (-5, 25, "")


def test_the_api_goes_page_by_page(as_member, alice, staff):
    for number in range(3):
        ledger.give(alice, 1, by=staff, reason=str(number), key=str(number))
    caller = as_member(alice)
    first = caller.get("karma?page_size=2").json()
    rest = caller.get(first["next"].partition("/api/v1/")[2]).json()
    assert [entry["note"] for entry in first["results"] + rest["results"]] == ["2", "1", "0"]
    assert rest["balance"] == 3


def test_36_nobody_writes_their_karma(as_member, alice):
    caller = as_member(alice)
    answers = [caller(method, "karma", {"balance": 1000}) for method in ("POST", "PUT", "PATCH", "DELETE")]
    assert [answer.status_code for answer in answers] == [405] * 4
    refused = caller.patch("users/me", {"karma": 1000, "balance": 1000})
    assert (refused.status_code, sorted(refused.json()["errors"])) == (400, ["balance", "karma"])
    assert ledger.balance_of(alice) == 0
