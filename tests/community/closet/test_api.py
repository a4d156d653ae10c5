"""`closet` of the API: my pairs, as programs put them in, change, find and take them out."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.models import Member, Pair, Trade
from community.pricing import prices
from community.trades import offers
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.make import make_drop, make_member, make_pair, make_purchase, make_sneaker

pytestmark = pytest.mark.django_db


def by_hand(**more):
    return {"sneaker": str(make_sneaker().pk), "size": "9.5", "condition": "good", **more}


def test_a_pair_by_hand_is_told_with_all_its_facts(as_member, alice):
    sent = by_hand(price="120.50", notes="Left lace is new.", folder="Attic", visibility="members", for_trade=True)
    answer = as_member(alice).post("closet", sent)
    pair = alice.pairs.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": str(pair.pk),
            "owner": "alice",
            "sneaker": {
                "id": sent["sneaker"],
                "brand": "Halden",
                "name": pair.sneaker.name,
                "style_code": pair.sneaker.style_code,
                "colourway": "Bone",
            },
            "size": "9.5",
            "condition": "good",
            "price": {"amount": "120.50", "currency": "USD"},
            "notes": "Left lace is new.",
            "folder": "Attic",
            "visibility": "members",
            "for_trade": True,
            "promised": False,
            "pictures": [],
            "purchase": None,
            "value": None,
            "created_at": pair.created_at.isoformat().replace("+00:00", "Z"),
            "url": f"/closet/pairs/{pair.pk}/",
        },
    )
    assert as_member(alice).get(f"closet/{pair.pk}").json() == answer.json()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sneaker": str(uuid.uuid4())}, "sneaker"),
        ({"size": ""}, "size"),
        ({"size": "9\u200b\u202e"}, "size"),
        ({"condition": "mint"}, "condition"),
        ({"price": "1.234"}, "price"),
        ({"price": -1}, "price"),
        ({"folder": "x" * 61}, "folder"),
        ({"visibility": "friends"}, "visibility"),
        ({"for_trade": True}, "for_trade"),
        ({"notes": "x" * 1001}, "notes"),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused_by_field(as_member, alice, wrong, field):
    answer = as_member(alice).post("closet", by_hand(**wrong))
    assert (answer.status_code, list(answer.json()["errors"]), alice.pairs.count()) == (400, [field], 0)


def test_a_change_changes_what_it_names(as_member, alice):
    pair = make_pair(alice, price=100, notes="Old")
    answer = as_member(alice).patch(
        f"closet/{pair.pk}", {"notes": "New", "price": None, "folder": "Attic", "visibility": "public", "for_trade": True}
    )
    told = answer.json()
    assert (answer.status_code, told["notes"], told["price"], told["folder"]) == (200, "New", None, "Attic")
    assert (told["visibility"], told["for_trade"], told["size"]) == ("public", True, "9")
    assert as_member(alice).patch(f"closet/{pair.pk}", {"folder": None}).json()["folder"] is None


def test_private_takes_a_pair_out_of_trade(as_member, alice):
    pair = make_pair(alice, for_trade=True)
    told = as_member(alice).patch(f"closet/{pair.pk}", {"visibility": "private"}).json()
    assert (told["visibility"], told["for_trade"]) == ("private", False)


def test_acceptance_36_what_owners_do_not_decide_is_refused_by_name_and_has_no_effect(as_member, alice, bob):
    """Acceptance 36: no field that was not asked for is ever written."""
    trade = make_trade(alice, bob)
    extra = {
        "id": str(uuid.uuid4()),
        "owner": "bob",
        "owner_id": str(bob.pk),
        "promised": True,
        "promised_in": str(trade.pk),
        "hidden": True,
        "removed_at": "2020-01-01T00:00:00Z",
        "created_at": "2020-01-01T00:00:00Z",
        "value": {"low": "1.00"},
        "pictures": [{"url": "/x"}],
    }
    refused = as_member(alice).post("closet", by_hand(**extra))
    assert (refused.status_code, set(refused.json()["errors"]), Pair.objects.count()) == (400, set(extra), 0)
    made = as_member(alice).post("closet", by_hand()).json()
    changed = as_member(alice).patch(f"closet/{made['id']}", {**extra, "notes": "Mine"})
    assert (changed.status_code, set(changed.json()["errors"])) == (400, set(extra))
    assert as_member(alice).get(f"closet/{made['id']}").json() == made


def make_trade(one, other, status="accepted"):
    decided = None if status == "pending" else database_time()
    return Trade.objects.create(proposer=one, receiver=other, status=status, decided_at=decided)


@pytest.mark.parametrize(
    "change",
    [
        {"size": "10"},
        {"sneaker": None},
        {"condition": "worn"},
        {"notes": "As new"},
        {"visibility": "public"},
        {"for_trade": True, "visibility": "public"},
    ],
)
def test_a_promised_pair_stays_what_it_is_and_where_it_is(as_member, alice, bob, change):
    pair = make_pair(alice, promised_in=make_trade(alice, bob))
    change = {**change, **({"sneaker": str(make_sneaker().pk)} if "sneaker" in change else {})}
    answers = [as_member(alice).patch(f"closet/{pair.pk}", change), as_member(alice).delete(f"closet/{pair.pk}")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "promised")] * 2
    shelved = as_member(alice).patch(f"closet/{pair.pk}", {"folder": "On its way"}).json()
    assert (shelved["promised"], shelved["folder"]) == (True, "On its way")


def test_a_pair_is_taken_out_and_one_that_was_in_trades_is_kept_out_of_sight(as_member, alice, bob):
    plain, traded = make_pair(alice), make_pair(alice)
    trade = make_trade(alice, bob, "rejected")
    trade.items.create(pair=traded, giver=alice)
    answers = [as_member(alice).delete(f"closet/{pair.pk}").status_code for pair in (plain, traded)]
    assert (answers, list(Pair.objects.filter(removed_at__isnull=False))) == ([204, 204], [traded])
    assert Pair.objects.count() == 1
    assert as_member(alice).get(f"closet/{traded.pk}").status_code == 404
    assert as_member(alice).get("closet").json()["results"] == []


def test_acceptance_35_somebody_elses_pair_reads_like_a_missing_one(as_member, alice, bob):
    """Acceptance 35: whatever its visibility, my closet's address knows my pairs alone."""
    pair = make_pair(alice, visibility="public")
    for pk in (pair.pk, uuid.uuid4()):
        answers = [
            as_member(bob).get(f"closet/{pk}"),
            as_member(bob).patch(f"closet/{pk}", {"notes": "Mine now"}),
            as_member(bob).delete(f"closet/{pk}"),
        ]
        assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [(404, "You have no such pair.")] * 3
    pair.refresh_from_db()
    assert (pair.notes, Pair.objects.count()) == ("", 1)


def test_visitors_have_no_closet(client):
    assert client.get("/api/v1/closet").status_code == 401


def test_a_closet_is_searched_and_filtered(as_member, alice):
    call = as_member(alice)
    runner = make_sneaker(brand="Kestrel", name="Runner", style_code="KR-1")
    for more in (
        {"sneaker": str(runner.pk), "notes": "From Oslo", "folder": "Attic"},
        {"size": "10", "condition": "worn", "visibility": "public"},
        {"visibility": "members", "for_trade": True},
    ):
        assert call.post("closet", by_hand(**more)).status_code == 201
    newest_first = [str(pair.pk) for pair in Pair.objects.order_by("-created_at")]
    for query, places in {
        "": [0, 1, 2],
        "search=kestrel+oslo": [2],
        "search=kestrel+bergen": [],
        "search=KR-1": [2],
        "size=10": [1],
        "condition=good": [0, 2],
        "folder=attic": [2],
        "visibility=public": [1],
        "for_trade=true": [0],
    }.items():
        found = call.get(f"closet?{query}").json()["results"]
        assert (query, [pair["id"] for pair in found]) == (query, [newest_first[place] for place in places])
    assert call.get("closet?condition=mint").json()["code"] == "invalid"


def statements(act):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        act()
    return len(caught)


def test_three_pairs_cost_as_many_statements_as_one(as_member, alice):
    call = as_member(alice)
    call.post("closet", by_hand(folder="Attic"))
    one = statements(lambda: call.get("closet"))
    for number in range(2):
        call.post("closet", by_hand(folder=f"Shelf {number}"))
    assert statements(lambda: call.get("closet")) == one


def test_the_same_key_puts_in_one_pair(as_member, alice):
    sent = by_hand()
    answers = [as_member(alice).post("closet", sent, Idempotency_Key="k") for _ in range(2)]
    assert (answers[0].json(), alice.pairs.count()) == (answers[1].json(), 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"for_trade": False}, "stale"),
        ({"visibility": "private"}, "stale"),
        ({"size": "10"}, "stale"),
        ({"condition": "worn"}, "stale"),
        (None, "stale"),
        ({"notes": "Still there", "visibility": "public", "size": "9", "for_trade": True}, "pending"),
    ],
)
def test_an_offer_ends_when_a_pair_in_it_leaves_trade_or_becomes_another(as_member, alice, bob, change, status):
    mine, other = make_pair(alice, for_trade=True), make_pair(bob, for_trade=True)
    trade = offers.offer(bob, gives=[other.pk], wants=[mine.pk]).trade
    path = f"closet/{mine.pk}"
    answer = as_member(alice).patch(path, change) if change else as_member(alice).delete(path)
    trade.refresh_from_db()
    told = alice.notices.filter(kind="trade-stale").count(), bob.notices.filter(kind="trade-stale").count()
    assert (answer.status_code, trade.status, told) == (200 if change else 204, status, (1, 1) if status == "stale" else (0, 0))


def test_others_are_not_told_what_the_owner_paid(alice, bob):
    from community.closet.facts import pair_facts

    member = make_member()
    bought = make_purchase(alice, make_drop(1))
    pair = make_pair(alice, price=100, purchase=bought, folder=alice.folders.create(name="Attic"), visibility="public")
    for viewer in (None, bob, member):
        (told,) = pair_facts([pair], viewer=viewer)
        assert (told["price"], told["purchase"], told["folder"]) == (None, None, None)
    (told,) = pair_facts([pair], viewer=alice)
    assert (told["price"], told["purchase"], told["folder"]) == (pair.money.facts, str(bought.pk), "Attic")


def test_a_pair_is_told_what_it_is_worth(as_member, alice):
    sneaker = make_sneaker()
    for price in (10000, 12000, 14000):
        prices.record_price(sneaker, "9", Money(price, "USD"), origin="report")
    make_pair(alice, sneaker=sneaker, condition=2)
    (told,) = as_member(alice).get("closet").json()["results"]
    low, middle, high = ({"amount": amount, "currency": "USD"} for amount in ("77.00", "84.00", "91.00"))
    assert told["value"] == {"low": low, "middle": middle, "high": high, "count": 3, "currency": "USD"}


def test_who_is_silenced_shows_others_nothing_new(as_member, alice):
    pair = make_pair(alice)
    Member.objects.update(silenced_until=database_time() + timedelta(hours=1))
    answers = [
        as_member(alice).post("closet", by_hand(visibility="public")),
        as_member(alice).patch(f"closet/{pair.pk}", {"visibility": "members"}),
        as_member(alice).patch(f"closet/{pair.pk}", {"notes": "For myself"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 200]


def test_notes_are_kept_harmless(as_member, alice):
    told = as_member(alice).post("closet", by_hand(notes="  a\u202eb\r\nc\u0007  ")).json()
    assert told["notes"] == "ab\nc"
