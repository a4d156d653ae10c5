import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.models import Block, Pair, Rating, Trade, Want
from community.trades import disputes, offers, shipping
from community.trades.terms import Terms
from tests.make import make_open_pair, make_sneaker, make_trade

pytestmark = pytest.mark.django_db


def pks(*pairs):
    return [str(pair.pk) for pair in pairs]


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def deed(client, trade, name, **given):
    return client.post(f"/trades/{trade.pk}/{name}/", given)


def test_a_visitor_sees_what_is_shown_to_everybody_and_a_member_what_is_shown_to_members(client, sign_in, alice, bob):
    open_to_all = make_open_pair(alice, visibility="public")
    members_only, own = make_open_pair(alice), make_open_pair(bob)
    kept, hidden = make_open_pair(alice, for_trade=False), make_open_pair(alice, hidden=True)

    def shown(page):
        found = {pair: str(pair.pk) in page.content.decode() for pair in (open_to_all, members_only, own, kept, hidden)}
        return {pair for pair, is_there in found.items() if is_there}

    assert shown(client.get("/trades/")) == {open_to_all}
    assert shown(sign_in(bob).get("/trades/")) == {open_to_all, members_only}
    Block.objects.create(blocker=alice, blocked=bob)
    assert shown(sign_in(bob).get("/trades/")) == set()


def test_browsing_by_words_size_condition_and_wants(sign_in, alice, bob):
    nine = make_open_pair(alice, sneaker=make_sneaker(name="Granite"), size="9", condition=2)
    ten = make_open_pair(alice, sneaker=make_sneaker(name="Basalt"), size="10", condition=4)
    Want.objects.create(member=bob, sneaker=ten.sneaker, sizes=["10"], worst_condition=3)
    desk = sign_in(bob)
    for query, found in (("search=granite", nine), ("size=10", ten), ("condition=new", ten), ("wants=1", ten)):
        page = desk.get(f"/trades/?{query}").content.decode()
        assert [str(pair.pk) in page for pair in (nine, ten)] == [pair == found for pair in (nine, ten)]
    assert "No open pair matches." in text(desk.get("/trades/?size=15"))
    assert desk.get("/trades/?cursor=nonsense").status_code == 400


def test_an_offer_is_made_countered_and_accepted_by_forms_alone(sign_in, alice, bob):
    mine, theirs, more = make_open_pair(alice), make_open_pair(bob), make_open_pair(alice)
    asks, answers = sign_in(alice), sign_in(bob)
    form = asks.get(f"/trades/new/?pair={theirs.pk}")
    assert [str(pair.pk) in form.content.decode() for pair in (mine, theirs, more)] == [True, True, True]
    refused = asks.post(f"/trades/new/?pair={theirs.pk}", {"wants": pks(theirs), "message": "Swap?"})
    assert (refused.status_code, "Choose a pair." in text(refused), "Swap?" in text(refused)) == (400, True, True)
    made = asks.post(f"/trades/new/?pair={theirs.pk}", {"wants": pks(theirs), "gives": pks(mine), "message": "Swap? <b>"})
    first = Trade.objects.get()
    assert made["Location"] == f"/trades/{first.pk}/"
    page = answers.get(made["Location"])
    assert ("alice offers you a trade" in text(page), "Swap? &lt;b&gt;" in page.content.decode()) == (True, True)
    assert "Accept the trade" in text(page)
    assert "Accept the trade" not in text(asks.get(made["Location"]))
    made = answers.post(f"/trades/{first.pk}/counter/", {"gives": pks(theirs), "wants": pks(mine, more)})
    answer = Trade.objects.get(answers=first)
    assert made["Location"] == f"/trades/{answer.pk}/"
    page = text(asks.get(made["Location"]))
    assert ("bob answers with another offer" in page, "+ new in this offer" in page) == (True, True)
    assert f"+ your {more.sneaker.brand} {more.sneaker.name} 9" in page
    assert asks.get(f"/trades/{first.pk}/counter/").status_code == 302
    assert deed(asks, answer, "accept", agreed="yes").status_code == 302
    assert set(Pair.objects.filter(owner=bob)) == {mine, more}
    late = deed(answers, answer, "withdraw")
    assert (late.status_code, "This offer was accepted already." in text(late)) == (409, True)


def test_the_offers_that_wait_for_me_come_first(sign_in, alice, bob, charlie):
    incoming = make_trade(bob, alice)
    outgoing = make_trade(alice, bob)
    on_its_way = offers.accept(make_trade(alice, charlie).pk, by=charlie)
    rejected = offers.reject(make_trade(alice, charlie).pk, by=charlie)
    page = sign_in(alice).get("/trades/offers/").content.decode()
    assert re.findall(r'href="/trades/([0-9a-f-]{36})/"', page) == [str(one.pk) for one in (incoming, on_its_way, outgoing)]
    page = sign_in(alice).get("/trades/done/").content.decode()
    assert re.findall(r'href="/trades/([0-9a-f-]{36})/"', page) == [str(rejected.pk)]
    fragment = sign_in(alice).get("/trades/offers/", headers={"X-Fragment": "trades"}).content.decode()
    assert ("<html" in fragment, str(incoming.pk) in fragment) == (False, True)


def test_sending_receiving_and_rating_by_forms(sign_in, alice, bob):
    trade = offers.accept(make_trade(alice, bob).pk, by=bob)
    one, other = sign_in(alice), sign_in(bob)
    assert "I have sent it" in text(one.get(f"/trades/{trade.pk}/"))
    deed(one, trade, "sent", carrier="Post", tracking="RR 1")
    assert "Post RR 1" in text(other.get(f"/trades/{trade.pk}/"))
    early = deed(one, trade, "received")
    assert (early.status_code, "Nothing was sent yet." in text(early)) == (409, True)
    deed(other, trade, "sent")
    deed(one, trade, "received")
    deed(other, trade, "received")
    assert "Both of you have what you traded for." in text(one.get(f"/trades/{trade.pk}/"))
    unrated = deed(one, trade, "rating", text="Quick")
    assert (unrated.status_code, 'value="Quick"' in unrated.content.decode()) == (400, True)
    deed(one, trade, "rating", stars="5", text="Quick")
    assert Rating.objects.get().rated == bob
    assert "5.0 of 5 · 1 trade" in text(one.get(f"/trades/{trade.pk}/"))


def test_a_dispute_and_its_verdict_stand_on_the_page(sign_in, alice, bob, staff):
    trade = offers.accept(make_trade(alice, bob).pk, by=bob)
    assert deed(sign_in(bob), trade, "dispute", reason="").status_code == 400
    deed(sign_in(bob), trade, "dispute", reason="Nothing came.")
    page = text(sign_in(alice).get(f"/trades/{trade.pk}/"))
    assert ("With our staff" in page, "Nothing came." in page) == (True, True)
    disputes.undo(trade.dispute.pk, by=staff)
    page = text(sign_in(alice).get(f"/trades/{trade.pk}/"))
    assert ("Every pair went back." in page, "Undone with bob" in page) == (True, True)


def test_a_stranger_finds_no_trade_35(client, sign_in, alice, bob, charlie):
    trade = make_trade(alice, bob)
    stranger = sign_in(charlie)
    for name in ("", "counter/"):
        assert stranger.get(f"/trades/{trade.pk}/{name}").status_code == 404
        assert client.get(f"/trades/{trade.pk}/{name}").status_code == 302
    for name in ("accept", "reject", "withdraw", "sent", "received", "dispute", "rating"):
        assert deed(stranger, trade, name, stars="5", reason="x").status_code == 404
    assert deed(sign_in(bob), trade, "steal").status_code == 404
    assert stranger.get("/trades/new/").status_code == 404
    assert stranger.get(f"/trades/new/?pair={make_open_pair(bob, hidden=True).pk}").status_code == 404
    assert stranger.get("/trades/new/?pair=x").status_code == 400


def test_pages_ask_as_often_for_three_as_for_one(sign_in, alice, bob):
    def asked(address):
        desk = sign_in(alice)
        desk.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    offers.reject(make_trade(alice, bob).pk, by=bob)
    trade = make_trade(alice, bob)
    places = ("/trades/", "/trades/offers/", "/trades/done/")
    before = [asked(place) for place in places]
    for _ in range(2):
        offers.reject(make_trade(alice, bob).pk, by=bob)
        make_trade(bob, alice)
        make_open_pair(bob)
    assert [asked(place) for place in places] == before
    one = another_round(trade, alice, bob)
    before = asked(f"/trades/{one.pk}/")
    three = another_round(another_round(one, bob, alice), alice, bob)
    assert asked(f"/trades/{three.pk}/") == before


def another_round(trade, proposer, receiver):
    gives, wants = Terms.from_trade(Trade.objects.get(pk=trade.pk)).turned
    return offers.counter(trade.pk, by=receiver, gives=gives, wants={*wants, make_open_pair(proposer).pk}).trade


def test_what_was_agreed_is_shown_without_what_was_bargained_about(sign_in, alice, bob):
    first = make_trade(alice, bob)
    answer = another_round(first, alice, bob)
    kept = Terms.from_trade(answer)
    (dropped,) = kept.wants - Terms.from_trade(first).gives
    final = offers.counter(answer.pk, by=alice, gives=kept.wants - {dropped}, wants=kept.gives).trade
    page = text(sign_in(bob).get(f"/trades/{final.pk}/"))
    assert ("− removed" in page, "− alice’s Halden" in page, "+ alice’s Halden" in page) == (True, True, True)
    offers.accept(final.pk, by=bob)
    page = text(sign_in(bob).get(f"/trades/{final.pk}/"))
    assert ("− removed" in page, "− alice’s Halden" in page) == (False, True)


def test_an_open_pair_leads_to_an_offer_and_ones_own_does_not(sign_in, alice, bob):
    pair = make_open_pair(alice)
    assert [
        f"/trades/new/?pair={pair.pk}" in sign_in(one).get(f"/closet/pairs/{pair.pk}/").content.decode() for one in (bob, alice)
    ] == [
        True,
        False,
    ]


def test_nothing_is_sent_twice_from_a_page(sign_in, alice, bob):
    trade = offers.accept(make_trade(alice, bob).pk, by=bob)
    for side in (alice, bob):
        shipping.mark_sent(trade.pk, by=side)
    page = sign_in(alice).get(f"/trades/{trade.pk}/").content.decode()
    assert ("I have sent it</button>" in page, "Received</button>" in page) == (False, True)
