"""The terms of an offer are frozen in it, and a promised pair cannot be changed (T2, acceptance 75)."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from community.closet import pairs, photographs
from community.closet.facts import Promised
from community.closet.pairs import SomeRefused
from community.feed import items
from community.models import Condition, Pair, Trade, TradeItem
from community.moderation import decisions
from community.personal_data import erasure
from community.trades import disputes, offers, shipping
from community.trades.errors import Stale
from community.trades.facts import described, trade_facts
from tests.make import make_member, make_open_pair, make_sneaker, make_trade

pytestmark = pytest.mark.django_db
NOTES = "Heel drag on the left, box included."


def photo():
    file = BytesIO()
    Image.new("RGB", (60, 40), "#e5381a").save(file, "PNG")
    return SimpleUploadedFile("shoe.png", file.getvalue())


def pictured(owner, number=2, **facts):
    """A pair with notes and photographs."""
    pair = make_open_pair(owner, sneaker=make_sneaker(name="Granite"), notes=NOTES, condition=Condition.GOOD, **facts)
    photographs.add(pair.pk, member=owner, uploads=[photo() for _ in range(number)])
    return pair


def told(trade, side="gives"):
    (facts,) = trade_facts(described(Trade.objects.filter(pk=trade.pk)))
    return facts[side][0]


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def files(media):
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


REWRITES = {
    "notes": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"notes": "Like new!"}),
    "size": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"size": "12"}),
    "condition": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"condition": Condition.NEW}),
    "sneaker": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"sneaker": make_sneaker()}),
    "visibility": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"visibility": "private"}),
    "removal": lambda pair: pairs.remove(pair.pk, member=pair.owner),
    "a photograph more": lambda pair: photographs.add(pair.pk, member=pair.owner, uploads=[photo()]),
    "a photograph less": lambda pair: photographs.remove(pair.pk, pair.pictures.first().pk, member=pair.owner),
    "another first": lambda pair: photographs.put_first(pair.pk, pair.pictures.last().pk, member=pair.owner),
    "other words": lambda pair: photographs.describe(pair.pk, pair.pictures.first().pk, member=pair.owner, alt="New"),
}


@pytest.mark.parametrize("rewrite", [name for name in REWRITES if name not in {"visibility", "removal"}])
def test_acceptance_75_an_offer_says_what_it_said_whatever_is_changed_later(
    alice, bob, media, rewrite, django_capture_on_commit_callbacks
):
    pair = pictured(alice)
    trade = make_trade(alice, bob, gives=[pair])
    before = told(trade)
    with django_capture_on_commit_callbacks(execute=True):
        REWRITES[rewrite](pair)
    assert told(trade) == before
    assert (before["notes"], before["condition"], before["size"], before["sneaker"]["name"]) == (NOTES, "good", "9", "Granite")
    shown = [picture["url"].removeprefix("/media/") for picture in before["pictures"]]
    assert (len(shown), set(shown) <= set(files(media))) == (2, True)


def test_a_sneaker_that_staff_rename_keeps_its_name_in_offers_and_in_the_feed(alice, bob):
    pair = make_open_pair(alice, sneaker=make_sneaker(brand="Halden", name="Granite"))
    trade = offers.accept(make_trade(alice, bob, gives=[pair]).pk, by=bob)
    complete(trade)
    type(pair.sneaker).objects.filter(pk=pair.sneaker_id).update(name="Basalt")
    assert told(trade)["sneaker"]["name"] == "Granite"
    (item,) = items.feed_facts(items.visible().filter(trade=trade))
    assert [given["sneaker"]["name"] for given in item["about"]["pairs"] if given["giver"] == "alice"] == ["Halden Granite"]


def complete(trade):
    for side in (trade.proposer, trade.receiver):
        shipping.mark_sent(trade.pk, by=side)
    for side in (trade.proposer, trade.receiver):
        shipping.mark_received(trade.pk, by=side)


@pytest.mark.parametrize("disputed", [False, True], ids=["on its way", "disputed"])
@pytest.mark.parametrize("rewrite", REWRITES)
def test_acceptance_75_a_promised_pair_cannot_be_changed(alice, bob, media, rewrite, disputed):
    pair = pictured(alice)
    trade = offers.accept(make_trade(alice, bob, gives=[pair]).pk, by=bob)
    before = told(trade)
    if disputed:
        disputes.open_dispute(trade.pk, by=bob, reason="It is worn through.")
    shown = {"visibility": lambda pair: pairs.change(pair.pk, member=pair.owner, changes={"visibility": "public"})}
    with pytest.raises(Promised):
        (REWRITES | shown)[rewrite](Pair.objects.get(pk=pair.pk))
    assert (told(trade), before["notes"], len(before["pictures"])) == (before, NOTES, 2)


def test_a_promised_pair_stays_as_it_is_until_both_have_received_theirs(alice, bob):
    trade = offers.accept(make_trade(alice, bob).pk, by=bob)
    pair = Pair.objects.get(owner=bob)
    for side in (alice, bob):
        shipping.mark_sent(trade.pk, by=side)
    shipping.mark_received(trade.pk, by=bob)
    with pytest.raises(Promised):
        pairs.change(pair.pk, member=bob, changes={"notes": "Mine"})
    shipping.mark_received(trade.pk, by=alice)
    assert pairs.change(pair.pk, member=bob, changes={"notes": "Mine"}).notes == "Mine"


def test_several_pairs_are_not_changed_where_one_is_promised(alice, bob):
    offers.accept(make_trade(alice, bob).pk, by=bob)
    promised, free = Pair.objects.get(owner=bob), make_open_pair(bob)
    with pytest.raises(SomeRefused):
        pairs.change_each([promised.pk, free.pk], member=bob, changes={"notes": "Mine"})
    assert (
        pairs.change_each([promised.pk], member=bob, changes={"folder": "On the way", "notes": ""})[0].folder.name
        == "On the way"
    )


@pytest.mark.parametrize("for_trade", [True, False], ids=["for trade", "only seen"])
@pytest.mark.parametrize("end", ["visibility", "removal", "hidden"])
def test_a_pair_that_is_hidden_removed_or_made_private_ends_the_open_offers(alice, bob, staff, end, for_trade):
    pair = make_open_pair(alice, for_trade=for_trade)
    trade = make_trade(alice, bob, gives=[pair])
    moderate = {"hidden": lambda pair: decisions.hide(pair, moderator=staff)}
    (REWRITES | moderate)[end](pair)
    trade.refresh_from_db()
    assert (trade.status, Pair.objects.get(owner=bob).promised_in_id) == ("stale", None)


def test_what_a_moderator_hides_ends_nothing_that_is_accepted_and_shows_no_photographs(alice, bob, staff, media):
    trade = offers.accept(make_trade(alice, bob, gives=[pictured(alice)]).pk, by=bob)
    decisions.hide(Pair.objects.get(owner=bob), moderator=staff)
    trade.refresh_from_db()
    facts = told(trade)
    assert (trade.status, facts["notes"], facts["pictures"], facts["size"]) == ("accepted", "", [], "9")
    assert Pair.objects.get(owner=bob).promised_in == trade


def test_an_offer_for_what_a_pair_no_longer_is_cannot_be_accepted(alice, bob):
    """Its owner's changes end it at once; this is for what changes a pair without saying so."""
    pair = make_open_pair(alice)
    trade = make_trade(alice, bob, gives=[pair])
    Pair.objects.filter(pk=pair.pk).update(size="12")
    with pytest.raises(Stale):
        offers.accept(trade.pk, by=bob)


@pytest.mark.parametrize(
    "change",
    [
        lambda item: {"terms": {**item.terms, "notes": "Like new!"}},
        lambda item: {"terms": {**item.terms, "size": "12", "notes": "", "pictures": []}},
        lambda item: {"terms": None},
        lambda item: {"giver": make_member("dora")},
    ],
    ids=["notes", "size", "nothing", "giver"],
)
def test_the_database_keeps_the_terms_as_they_were(alice, bob, change):
    trade = make_trade(alice, bob)
    item = trade.items.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        TradeItem.objects.filter(pk=item.pk).update(**change(item))


def test_who_leaves_takes_their_words_and_photographs_out_of_offers_and_nobody_elses(
    alice, bob, media, django_capture_on_commit_callbacks
):
    hers, his = pictured(alice), pictured(bob)
    trade = offers.accept(make_trade(alice, bob, gives=[hers], wants=[his]).pk, by=bob)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(alice)
    gone, kept = told(trade), told(trade, "wants")
    assert (gone["notes"], gone["pictures"], gone["sneaker"]["name"]) == ("", [], "Granite")
    assert (kept["notes"], len(kept["pictures"])) == (NOTES, 2)
    shown = {picture["url"].removeprefix("/media/") for picture in kept["pictures"]}
    assert shown <= set(files(media))


def test_a_photograph_that_no_offer_shows_goes_with_its_file(alice, bob, media, django_capture_on_commit_callbacks):
    pair = pictured(alice, 1)
    make_trade(alice, bob, gives=[pair])
    photographs.add(pair.pk, member=alice, uploads=[photo()])
    offered, later = pair.pictures.all()
    with django_capture_on_commit_callbacks(execute=True):
        for picture in (offered, later):
            photographs.remove(pair.pk, picture.pk, member=alice)
    assert files(media) == [offered.image.name]


# -- Pages -----------------------------------------------------------------------------------------


def test_accepting_says_what_will_happen_and_asks_who_is_traded_with(sign_in, alice, bob):
    pair = make_open_pair(alice, sneaker=make_sneaker(brand="Halden", name="Granite"), condition=Condition.GOOD)
    trade, desk = make_trade(alice, bob, gives=[pair]), sign_in(bob)
    asked = desk.get(f"/trades/{trade.pk}/accept/")
    assert "alice gives you: Halden Granite 9, good." in text(asked)
    assert "Trade with alice" in re.search(r"<button[^>]*name=\"agreed\"[^>]*>([^<]*)<", asked.content.decode())[1]
    again = desk.post(f"/trades/{trade.pk}/accept/")
    trade.refresh_from_db()
    assert (again.status_code, "If you accept" in text(again), trade.status) == (200, True, "pending")
    assert sign_in(alice).get(f"/trades/{trade.pk}/accept/")["Location"] == trade.get_absolute_url()
    desk.post(f"/trades/{trade.pk}/accept/", {"agreed": "yes"})
    trade.refresh_from_db()
    assert trade.status == "accepted"


def test_the_page_of_a_trade_shows_the_frozen_notes_and_staff_read_them_too(sign_in, alice, bob, media):
    pair = pictured(alice)
    trade = make_trade(alice, bob, gives=[pair])
    pairs.change(pair.pk, member=alice, changes={"notes": "Like new!"})
    page = text(sign_in(bob).get(f"/trades/{trade.pk}/"))
    assert (NOTES in page, "Like new!" in page) == (True, False)
    root = sign_in(make_member("root", is_staff=True, is_superuser=True))
    page = text(root.get(f"/admin/community/trade/{trade.pk}/change/"))
    assert (NOTES in page, "Like new!" in page) == (True, False)


def test_an_open_pair_is_looked_at_before_an_offer_is_made(sign_in, alice, bob, media):
    pair = pictured(alice)
    desk = sign_in(bob)
    assert f'href="/closet/pairs/{pair.pk}/"' in desk.get("/trades/").content.decode()
    page = desk.get(f"/closet/pairs/{pair.pk}/")
    assert [words in text(page) for words in (NOTES, "Good", "alice", "Offer a trade")] == [True] * 4
    assert page.content.decode().count('src="/media/pairs/') == 2


def test_offers_are_read_on_as_many_pages_as_there_are(sign_in, alice):
    wanted = [make_trade(make_member(f"trader{number:03}"), alice).pk for number in range(130)]
    desk, address, seen = sign_in(alice), "/trades/offers/", []
    while address:
        page = desk.get(address).content.decode()
        seen += re.findall(r'href="/trades/([0-9a-f-]{36})/"', page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == [str(pk) for pk in reversed(wanted)]
