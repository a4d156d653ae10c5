"""The closet's pages: mine, one pair, somebody else's, photographs, and the one click from an order."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from PIL import Image

from community.closet import photographs
from community.models import Member, Pair
from community.people import relations
from community.pricing import prices
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from tests.make import make_drop, make_member, make_pair, make_purchase, make_sneaker

pytestmark = pytest.mark.django_db


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


def shown(answer):
    """The pairs on a page, in their order."""
    return list(dict.fromkeys(re.findall(r'href="/closet/pairs/([0-9a-f-]{36})/"', answer.content.decode())))


def ids(*pairs):
    return [str(pair.pk) for pair in pairs]


def photo(name="shoe.png", kind="PNG"):
    file = BytesIO()
    Image.new("RGB", (60, 40), "#e5381a").save(file, kind)
    return SimpleUploadedFile(name, file.getvalue())


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


# -- Several at once -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "facts"),
    [
        ({"do": "folder", "new_folder": "Attic"}, {"folder__name": "Attic"}),
        ({"do": "folder", "folder": ""}, {"folder": None}),
        ({"do": "visibility", "visibility": "public"}, {"visibility": "public"}),
        ({"do": "for_trade"}, {"for_trade": True}),
        ({"do": "not_for_trade"}, {"for_trade": False}),
    ],
)
def test_what_was_chosen_is_changed_together(alice, sign_in, sent, facts):
    chosen, other = [make_pair(alice, visibility="members") for _ in range(2)], make_pair(alice, notes="other")
    answer = sign_in(alice).post("/closet/?sort=name", {"pair": ids(*chosen), **sent})
    assert (answer.status_code, answer["Location"]) == (302, "/closet/?sort=name")
    assert set(Pair.objects.filter(**facts).exclude(pk=other.pk)) == set(chosen)


def test_several_are_taken_out_together(alice, sign_in):
    chosen, other = [make_pair(alice) for _ in range(2)], make_pair(alice)
    sign_in(alice).post("/closet/", {"pair": ids(*chosen), "do": "remove"})
    assert list(Pair.objects.all()) == [other]


def test_all_are_changed_or_none_and_what_was_refused_is_named(alice, sign_in):
    private, seen = make_pair(alice, size="7"), make_pair(alice, visibility="members")
    answer = sign_in(alice).post("/closet/", {"pair": ids(private, seen), "do": "for_trade"})
    assert (answer.status_code, Pair.objects.filter(for_trade=True).count()) == (409, 0)
    assert f"{private}: A pair for trade must be visible to members" in words(answer)
    assert answer.content.decode().count("checked") == 2  # what was chosen stays so


def test_nobody_changes_somebody_elses_pairs(alice, bob, sign_in):
    mine, theirs = make_pair(bob), make_pair(alice, visibility="public")
    for deed in ("remove", "folder", "visibility", "for_trade"):
        sent = {"pair": ids(mine, theirs), "do": deed, "visibility": "public", "new_folder": "Mine"}
        assert sign_in(bob).post("/closet/", sent).status_code == 404
    assert (Pair.objects.count(), Pair.objects.filter(folder=None, for_trade=False).count()) == (2, 2)


@pytest.mark.parametrize("sent", [{}, {"do": "remove"}, {"do": "visibility", "pair": ["x"]}, {"do": "burn", "one": True}])
def test_a_choice_that_makes_no_sense_is_refused(alice, sign_in, sent):
    pair = make_pair(alice)
    sent = {"pair": ids(pair), "do": "burn"} if "one" in sent else sent
    assert (sign_in(alice).post("/closet/", sent).status_code, Pair.objects.count()) == (400, 1)


def test_folders_are_made_renamed_and_removed(alice, bob, sign_in):
    client, theirs = sign_in(alice), bob.folders.create(name="Bob's")
    client.post("/closet/folders/", {"do": "add", "name": "  The   attic "})
    client.post("/closet/folders/", {"do": "add", "name": "the ATTIC"})
    folder = alice.folders.get()
    pair = make_pair(alice, folder=folder)
    assert folder.name == "The attic"
    client.post("/closet/folders/", {"do": "rename", "folder": folder.pk, "name": "Cellar"})
    for deed in ("rename", "remove"):
        assert client.post("/closet/folders/", {"do": deed, "folder": theirs.pk, "name": "Mine"}).status_code == 404
    theirs.refresh_from_db()
    assert ([known.name for known in alice.folders.all()], theirs.name) == (["Cellar"], "Bob's")
    client.post("/closet/folders/", {"do": "remove", "folder": folder.pk})
    pair.refresh_from_db()
    assert (alice.folders.count(), pair.folder) == (0, None)


# -- By hand, and from an order --------------------------------------------------------------------

SAID = {"size": "9.5", "condition": "3", "price": "120.50", "currency": "USD", "visibility": "members", "notes": "New laces"}


def test_a_pair_is_put_in_by_hand_without_scripts(alice, sign_in):
    client, sneaker = sign_in(alice), make_sneaker(brand="Kestrel", name="Runner", style_code="KR-1")
    make_sneaker(brand="Other")
    results = client.get("/closet/new/?search=kestrel kr-1").content.decode()
    assert re.findall(r"\?sneaker=([0-9a-f-]{36})", results) == [str(sneaker.pk)]
    assert "Kestrel Runner" in words(client.get(f"/closet/new/?sneaker={sneaker.pk}"))
    answer = client.post("/closet/new/", {"sneaker": sneaker.pk, "folder": "Attic", "for_trade": "on", **SAID})
    pair = alice.pairs.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/closet/pairs/{pair.pk}/edit/")
    assert (pair.sneaker, pair.size, pair.condition, pair.money, pair.notes) == (
        sneaker,
        "9.5",
        3,
        Money(12050, "USD"),
        "New laces",
    )
    assert (pair.folder.name, pair.visibility, pair.for_trade) == ("Attic", "members", True)


def test_what_is_wrong_with_a_pair_stands_at_its_field(alice, sign_in):
    sneaker = make_sneaker()
    answer = sign_in(alice).post(
        "/closet/new/", {"sneaker": sneaker.pk, **SAID, "price": "1.234", "visibility": "private", "for_trade": "on"}
    )
    assert (answer.status_code, Pair.objects.count()) == (400, 0)
    assert "Write an amount in USD" in words(answer)
    assert sign_in(alice).get(f"/closet/new/?sneaker={uuid.uuid4()}").status_code == 404


def test_acceptance_36_the_forms_write_what_they_ask_for_alone(alice, bob, sign_in):
    """Acceptance 36."""
    bought = make_purchase(bob, make_drop(1))
    extra = {
        "owner": bob.pk,
        "owner_id": bob.pk,
        "promised_in": uuid.uuid4(),
        "purchase": bought.pk,
        "hidden": "on",
        "id": bob.pk,
    }
    sign_in(alice).post("/closet/new/", {"sneaker": make_sneaker().pk, **SAID, **extra})
    pair = Pair.objects.get()
    sign_in(alice).post(f"/closet/pairs/{pair.pk}/edit/", {**SAID, **extra, "notes": "Changed"})
    pair.refresh_from_db()
    assert (pair.owner, pair.promised_in, pair.purchase, pair.hidden, pair.notes) == (alice, None, None, False, "Changed")


def test_one_click_puts_an_order_into_the_closet_once(alice, bob, sign_in):
    bought = make_purchase(alice, make_drop(1))
    client, path = sign_in(alice), f"/closet/purchases/{bought.pk}/"
    for page in ("/orders/", bought.get_absolute_url()):
        assert path in client.get(page).content.decode()
    answers = [client.post(path) for _ in range(2)]
    pair = alice.pairs.get()
    assert [answer["Location"] for answer in answers] == [pair.get_absolute_url()] * 2
    for page in ("/orders/", bought.get_absolute_url()):
        text = client.get(page).content.decode()
        assert (path in text, pair.get_absolute_url() in text) == (False, True)
    assert (sign_in(bob).post(path).status_code, client.get(path)["Location"]) == (404, bought.get_absolute_url())


def test_an_order_that_is_not_paid_or_was_traded_away_has_no_button(alice, bob, sign_in):
    unpaid, traded = make_purchase(alice, make_drop(1)), make_purchase(alice, make_drop(1))
    type(unpaid).objects.filter(pk=unpaid.pk).update(status="refunded")
    make_pair(bob, purchase=traded)
    client = sign_in(alice)
    assert "/closet/pu" not in client.get("/orders/").content.decode()
    for bought in (unpaid, traded):
        assert client.post(f"/closet/purchases/{bought.pk}/")["Location"] == bought.get_absolute_url()
    assert alice.pairs.count() == 0


def test_three_orders_cost_as_many_statements_as_one(alice, sign_in):
    client, counts = sign_in(alice), []
    for _ in range(3):
        make_purchase(alice, make_drop(1))
        client.get("/orders/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/orders/")
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


# -- Photographs -----------------------------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(folder):
    return sorted(path.suffix for path in folder.rglob("*") if path.is_file())


def test_photographs_are_drawn_anew_described_ordered_and_removed(alice, sign_in, media, django_capture_on_commit_callbacks):
    pair, client = make_pair(alice), sign_in(alice)
    path = f"/closet/pairs/{pair.pk}/pictures/"
    client.post(path, {"pictures": [photo("a.png"), photo("b.jpg", "JPEG")]})
    one, two = pair.pictures.all()
    with one.image.open() as file:
        assert (files(media), Image.open(file).format) == ([".webp", ".webp"], "WEBP")
    client.post(f"{path}{two.pk}/", {"do": "describe", "alt": " The heel\n of it "})
    client.post(f"{path}{two.pk}/", {"do": "first"})
    assert [(picture.pk, picture.alt, picture.position) for picture in pair.pictures.all()] == [
        (two.pk, "The heel of it", 0),
        (one.pk, "", 1),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{path}{two.pk}/", {"do": "remove"})
    assert (list(pair.pictures.values_list("pk", "position")), files(media)) == ([(one.pk, 0)], [".webp"])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/closet/pairs/{pair.pk}/removal/")
    assert files(media) == []


def test_acceptance_42_what_is_no_photograph_is_refused_by_name_and_with_it_all_others(alice, sign_in, media):
    """Acceptance 42: an SVG is no picture here."""
    pair = make_pair(alice)
    drawing = SimpleUploadedFile("shoe.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = sign_in(alice).post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo(), drawing]})
    assert (answer.status_code, pair.pictures.count(), files(media)) == (400, 0, [])
    assert "shoe.svg: This is no JPEG, PNG, WebP or AVIF picture." in words(answer)


def test_a_pair_has_eight_photographs_at_most(alice, sign_in, media):
    pair = make_pair(alice)
    for number in range(8):
        pair.pictures.create(image=f"pairs/{number}.webp", position=number)
    answer = sign_in(alice).post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo()]})
    assert (answer.status_code, pair.pictures.count()) == (400, 8)


def test_each_photograph_counts_against_the_limit(alice, sign_in, media, settings):
    settings.LIMITS = {**settings.LIMITS, "upload": {"member": "3/10m"}}
    pairs, client = [make_pair(alice) for _ in range(2)], sign_in(alice)
    answers = [
        client.post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo(), photo()]}).status_code for pair in pairs
    ]
    assert (answers, [pair.pictures.count() for pair in pairs]) == ([302, 429], [2, 0])


def test_who_is_silenced_shows_nobody_a_photograph(alice, media):
    seen, private = make_pair(alice, visibility="public"), make_pair(alice)
    Member.objects.update(silenced_until=database_time() + timedelta(hours=1))
    with pytest.raises(relations.Forbidden):
        photographs.add(seen.pk, member=alice, uploads=[photo()])
    assert len(photographs.add(private.pk, member=alice, uploads=[photo()])) == 1


def test_others_cannot_ask_what_stands_on_which_folder_35(alice, bob, sign_in):
    """The name of a folder is its owner's own: asking for it finds no fewer pairs of another's, and no more."""
    pair = make_pair(alice, for_trade=True, folder=alice.folders.create(name="To sell"))
    for path in ("/members/alice/closet/", "/trades/"):
        found = [str(pair.pk) in sign_in(bob).get(path, {"folder": name}).content.decode() for name in ("To sell", "Gifts")]
        assert found == [True, True]
    assert [shown(sign_in(alice).get("/closet/", {"folder": name})) for name in ("To sell", "Gifts")] == [ids(pair), []]
