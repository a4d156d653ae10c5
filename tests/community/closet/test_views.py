"""The closet's pages: mine, one pair, and somebody else's."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.models import Pair
from community.people import relations
from community.pricing import prices
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.community.closet.pages import SAID, ids, photo, shown, words
from tests.make import make_member, make_pair, make_sneaker

pytestmark = pytest.mark.django_db


# -- Mine ------------------------------------------------------------------------------------------


def test_visitors_are_asked_to_sign_in(client):
    for path in ("", "new/", "folders/"):
        answer = client.get(f"/closet/{path}")
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next=/closet/{path}")


def test_an_empty_closet_says_how_it_is_filled(alice, sign_in):
    assert "Add the pairs you own" in words(sign_in(alice).get("/closet/"))


def test_my_pairs_stand_newest_first_and_nobody_elses(alice, bob, sign_in):
    pairs = [make_pair(alice) for _ in range(3)]
    make_pair(bob, visibility="public")
    make_pair(alice, removed_at=database_time())
    assert shown(sign_in(alice).get("/closet/")) == ids(*reversed(pairs))


def test_a_closet_turns_pages(alice, sign_in):
    pairs = [make_pair(alice) for _ in range(26)][::-1]
    client = sign_in(alice)
    first = client.get("/closet/?sort=newest")
    more = re.search(r'href="([^"]+)" rel="next"', first.content.decode())[1].replace("&amp;", "&")
    assert (shown(first), shown(client.get(more))) == (ids(*pairs[:24]), ids(*pairs[24:]))
    assert client.get("/closet/?cursor=nonsense").status_code == 400


def test_a_closet_is_looked_through_and_ordered(alice, sign_in):
    client = sign_in(alice)
    attic = alice.folders.create(name="Attic")
    one = make_pair(alice, sneaker=make_sneaker(brand="Abel"), notes="From Oslo", folder=attic, condition=1)
    two = make_pair(alice, sneaker=make_sneaker(brand="Zorn"), size="10", visibility="public")
    three = make_pair(alice, sneaker=make_sneaker(brand="Miko"), for_trade=True, condition=3)
    for query, found in {
        "sort=oldest": (one, two, three),
        "sort=name": (one, three, two),
        "sort=best": (two, three, one),
        "search=oslo": (one,),
        "size=10": (two,),
        "condition=worn": (one,),
        "folder=attic": (one,),
        "visibility=public": (two,),
        "for_trade=true": (three,),
        "for_trade=true&search=oslo": (),
    }.items():
        assert (query, shown(client.get(f"/closet/?{query}"))) == (query, ids(*found))


def test_a_closet_tells_what_it_is_worth(alice, sign_in):
    known, unknown = make_sneaker(), make_sneaker()
    for price in (10000, 12000, 14000):
        prices.record_price(known, "9", Money(price, "USD"), origin="report")
    make_pair(alice, sneaker=known)
    make_pair(alice, sneaker=known, condition=1)
    make_pair(alice, sneaker=unknown)
    said = words(sign_in(alice).get("/closet/"))
    assert "Estimated value $180 $165 to $195 2 of 3 pairs; we know no price for the others" in said
    assert "≈ $120" in said


def test_a_pair_leads_to_what_its_sneaker_costs(alice, sign_in):
    pair = make_pair(alice)
    assert f'href="/sneakers/{pair.sneaker_id}/"' in sign_in(alice).get(pair.get_absolute_url()).content.decode()


def test_three_pairs_cost_as_many_statements_as_one(alice, bob, sign_in):
    client, stranger, counts = sign_in(alice), sign_in(bob), []
    for _ in range(3):
        folder = alice.folders.create(name=f"Shelf {len(counts)}")
        pair = make_pair(alice, folder=folder, visibility="public")
        pair.pictures.create(image="pairs/x.webp")
        client.get("/closet/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/closet/")
            client.get("/closet/folders/")
            stranger.get("/members/alice/closet/")
        counts.append(len(caught))
    assert counts[0] == counts[1] == counts[2]


# -- One pair, for whom it is shown ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [
        ("private", {"alice"}),
        ("members", {"alice", "bob"}),
        ("public", {"alice", "bob", "visitor"}),
    ],
)
def test_a_pair_is_shown_to_whom_its_owner_says(alice, bob, sign_in, visibility, seen):
    pair, charlie = make_pair(alice, visibility=visibility, notes="<b>Mine</b>", price=4711), make_member()
    relations.block(charlie, alice)
    readers = {"alice": sign_in(alice), "bob": sign_in(bob), "charlie": sign_in(charlie), "visitor": Client()}
    answers = {name: reader.get(f"/closet/pairs/{pair.pk}/") for name, reader in readers.items()}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == seen
    assert {answer.status_code for name, answer in answers.items() if name not in seen} <= {404}
    assert {name for name in seen if "$47.11" in words(answers[name])} == {"alice"}
    assert all("&lt;b&gt;Mine" in answers[name].content.decode() for name in seen)
    for name in ("bob", "visitor"):
        listed = shown(readers[name].get("/members/alice/closet/"))
        assert listed == (ids(pair) if name in seen else [])


def test_what_a_moderator_hid_and_who_left_is_seen_by_no_other(alice, bob, sign_in):
    hidden = make_pair(alice, visibility="public", hidden=True)
    gone = make_pair(make_member(is_active=False), visibility="public")
    for pair in (hidden, gone):
        assert sign_in(bob).get(pair.get_absolute_url()).status_code == 404
    assert "Hidden by a moderator" in words(sign_in(alice).get(hidden.get_absolute_url()))
    assert shown(sign_in(bob).get("/members/alice/closet/")) == []
    assert sign_in(bob).get("/members/nobody/closet/").status_code == 404


def test_a_member_shows_what_is_for_trade(alice, client):
    make_pair(alice, visibility="public")
    pair = make_pair(alice, visibility="public", for_trade=True)
    assert shown(client.get("/members/Alice/closet/?for_trade=true")) == ids(pair)


def test_somebody_elses_pair_is_not_edited_pictured_or_removed(alice, bob, sign_in):
    pair = make_pair(alice, visibility="public")
    picture = pair.pictures.create(image="pairs/x.webp", alt="Mine")
    client = sign_in(bob)
    for path in ("edit/", "removal/", "pictures/", f"pictures/{picture.pk}/"):
        answer = client.post(f"/closet/pairs/{pair.pk}/{path}", {**SAID, "do": "remove", "pictures": photo()})
        assert (path, answer.status_code) == (path, 404)
    assert (Pair.objects.get().notes, pair.pictures.get().alt) == ("", "Mine")


def test_a_pair_is_taken_out_by_its_page(alice, sign_in):
    pair = make_pair(alice)
    assert sign_in(alice).post(f"/closet/pairs/{pair.pk}/removal/")["Location"] == "/closet/"
    assert Pair.objects.count() == 0


def test_others_cannot_ask_what_stands_on_which_folder_35(alice, bob, sign_in):
    """The name of a folder is its owner's own: asking for it finds no fewer pairs of another's, and no more."""
    pair = make_pair(alice, for_trade=True, folder=alice.folders.create(name="To sell"))
    for path in ("/members/alice/closet/", "/trades/"):
        found = [str(pair.pk) in sign_in(bob).get(path, {"folder": name}).content.decode() for name in ("To sell", "Gifts")]
        assert found == [True, True]
    assert [shown(sign_in(alice).get("/closet/", {"folder": name})) for name in ("To sell", "Gifts")] == [ids(pair), []]
