"""The pages of restocks, stores and follows: what each reader sees, and forms that work without JavaScript."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from community.models import Follow, Restock
from community.moderation import decisions
from community.people import relations
from community.restocks import votes as verdicts
from community.restocks.facts import visible
from dropshop.core.clock import database_time
from tests.drops.catalogue.test_pictures import drawn, png_header
from tests.make import make_members, make_restock, make_sneaker, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def page_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    return html


def names(html):
    return re.findall(r'data-slot="name">([^<]+)<', html.split("<template")[0])


@pytest.fixture
def form():
    return {"store": make_store().slug, "sneaker": str(make_sneaker().pk), "sizes": "9.5, 9;10", "currency": "USD"}


# -- Reading ---------------------------------------------------------------------------------------


def test_visitors_read_the_open_reports_and_ask_for_others(client, alice):
    store = make_store()
    seen, over = make_restock(alice, sizes=["9"]), make_restock(alice, store=store, sizes=["10"])
    verdicts.gone(over.pk, member=alice)
    titles = {report.pk: f"{report.sneaker.brand} {report.sneaker.name}" for report in (seen, over)}
    shown = {
        query: names(page_of(client, f"/restocks/?{query}"))
        for query in ("", "status=all", "status=gone", "size=9", f"store={store.slug}&status=all", "status=lost", "sneaker=x")
    }
    first, second = titles[seen.pk], titles[over.pk]
    assert list(shown.values()) == [[first], [second, first], [second], [first], [second], [], []]


def test_older_reports_stand_on_the_next_page(client, alice, monkeypatch):
    monkeypatch.setattr("community.restocks.views.PAGE_SIZE", 2)
    reports = [make_restock(alice) for _ in range(5)]
    expected = [f"{report.sneaker.brand} {report.sneaker.name}" for report in reversed(reports)]
    path, found = "/restocks/", []
    for _ in range(3):
        html = page_of(client, path)
        found.append(names(html))
        older = re.search(r'href="(\?[^"]*older=[^"]+)"', html)
        path = "/restocks/" + older[1].replace("&amp;", "&") if older else ""
    assert (found, path) == ([expected[:2], expected[2:4], expected[4:]], "")
    assert client.get(f"/restocks/?older={uuid4()}").status_code == client.get("/restocks/?older=1").status_code == 404


def test_a_page_of_one_and_of_three_take_as_many_statements(client, alice, django_assert_num_queries):
    make_restock(alice)
    with django_assert_num_queries(5):
        client.get("/restocks/")
    for _ in range(2):
        make_restock(alice)
    with django_assert_num_queries(5):
        client.get("/restocks/")


def test_the_page_of_a_report_says_what_each_reader_may_say(client, sign_in, alice, bob, staff):
    report = make_restock(alice, note="Ask <b>Ann</b>")
    path = report.get_absolute_url()
    buttons = {
        who: re.findall(
            r"<button[^>]*>([^<]+)</button>", page_of(reader, path).split('class="panel say"')[1].split("</section>")[0]
        )
        for who, reader in (("visitor", client), ("reporter", sign_in(alice)), ("member", sign_in(bob)))
    }
    assert buttons == {
        "visitor": [],
        "reporter": ["It is sold out"],
        "member": ["I saw it too", "It is sold out", "It was never there"],
    }
    html = page_of(sign_in(staff), path)
    assert ("your answer decides at once" in html, "Ask &lt;b&gt;Ann&lt;/b&gt;" in html) == (True, True)


def test_acceptance_35_a_hidden_report_is_404_as_one_that_never_was(sign_in, alice, bob, staff):
    report = make_restock(alice)
    decisions.hide(report, moderator=staff)
    for member in (alice, bob):
        reader = sign_in(member)
        for pk in (report.pk, uuid4()):
            assert reader.get(f"/restocks/{pk}/").status_code == reader.post(f"/restocks/{pk}/confirm/").status_code == 404


def test_whom_a_reader_must_not_see_has_no_name_on_the_page(sign_in, alice, bob):
    report = make_restock(alice, note="Ask for me")
    relations.block(bob, alice)
    for path in ("/restocks/", report.get_absolute_url()):
        html = page_of(sign_in(bob), path)
        assert ("alice" in html, "Ask for me" in html) == (False, False)


def test_the_page_of_a_store_shows_its_reports(client, alice):
    store = make_store("Corner", city="Bonn", site="https://corner.example")
    make_restock(alice)
    mine = make_restock(alice, store=store)
    html = page_of(client, "/stores/" + store.slug + "/")
    assert (names(html), "https://corner.example" in html) == ([f"Halden {mine.sneaker.name}"], True)
    assert client.get("/stores/nowhere/").status_code == 404


# -- Reporting -------------------------------------------------------------------------------------


def test_a_sneaker_is_found_by_its_words_and_then_reported(sign_in, alice, form):
    reader, sneaker = sign_in(alice), make_sneaker(name="Tide Court", brand="Harbour")
    html = page_of(reader, "/restocks/new/?q=harbour+tide")
    (chosen,) = re.findall(r'href="(\?sneaker=[^"]+)"', html)
    assert chosen == f"?sneaker={sneaker.pk}"
    assert 'enctype="multipart/form-data"' in page_of(reader, "/restocks/new/" + chosen)
    answer = reader.post("/restocks/new/", {**form, "sneaker": sneaker.pk, "price": "120", "note": "Back room"})
    report = Restock.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, report.get_absolute_url())
    assert (report.sizes, report.price, report.note, report.reporter) == (["9", "9.5", "10"], 12000, "Back room", alice)


def test_a_photo_is_drawn_anew(sign_in, alice, form):
    assert sign_in(alice).post("/restocks/new/", {**form, "picture": drawn("JPEG")}).status_code == 303
    report = Restock.objects.get()
    assert (report.picture.name.split("/")[0], report.picture.name[-5:]) == ("restocks", ".webp")
    with report.picture.open() as file:
        assert file.read()[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("name", "content"),
    [("bomb.png", png_header(60_000, 60_000)), ("shoe.svg", SVG), ("shoe.png", SVG), ("shoe.jpg", b"")],
    ids=["bomb", "svg", "svg as png", "empty"],
)
def test_acceptance_42_bombs_and_svg_are_refused(sign_in, alice, form, name, content):
    answer = sign_in(alice).post("/restocks/new/", {**form, "picture": SimpleUploadedFile(name, content)})
    assert (answer.status_code, Restock.objects.count(), 'id="id_picture_error"' in answer.content.decode()) == (400, 0, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"store": "nowhere"}, "store"),
        ({"sizes": ","}, "sizes"),
        ({"price": "free"}, "price"),
        ({"price": "0"}, "price"),
        ({"currency": "XXX"}, "currency"),
    ],
)
def test_what_is_wrong_stands_under_its_field(sign_in, alice, form, change, field):
    answer = sign_in(alice).post("/restocks/new/", {**form, **change})
    assert (answer.status_code, re.findall(r'id="id_(\w+)_error"', answer.content.decode())) == (400, [field])


def test_a_link_is_not_even_looked_at_below_its_level(sign_in, alice, form):
    sign_in(alice).post("/restocks/new/", {**form, "link": "https://example.com"})
    assert Restock.objects.get().link == ""


def test_acceptance_36_a_form_cannot_say_who_reports_or_how_it_stands(sign_in, alice, bob, form):
    sign_in(alice).post("/restocks/new/", {**form, "status": "confirmed", "reporter": bob.pk, "created_at": "2001-01-01"})
    assert visible().values_list("status", "reporter").get() == ("reported", alice.pk)


def test_visitors_are_asked_to_sign_in(client, alice, form):
    report = make_restock(alice)
    for answer in (
        client.get("/restocks/new/"),
        client.post("/restocks/new/", form),
        client.post(f"/restocks/{report.pk}/confirm/"),
        client.get("/restocks/following/"),
        client.post("/follows/", {}),
    ):
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_acceptance_40_reports_votes_and_uploads_are_limited(sign_in, alice, form, settings):
    settings.LIMITS = {**settings.LIMITS, "upload": {"member": "1/10m"}, "vote": {"member": "1/1m"}}
    reader, report = sign_in(alice), make_restock(make_members(1)[0])
    uploads = [reader.post("/restocks/new/", {**form, "picture": drawn("PNG")}).status_code for _ in range(2)]
    votes = [reader.post(f"/restocks/{report.pk}/confirm/").status_code for _ in range(2)]
    assert (uploads, votes) == ([303, 429], [303, 429])


# -- Voting and following --------------------------------------------------------------------------


def test_buttons_say_it_and_lead_back_to_the_report(sign_in, alice):
    report = make_restock(alice)
    for member in make_members(2):
        answer = sign_in(member).post(f"/restocks/{report.pk}/confirm/", follow=True)
    assert "You said that you saw it too." in answer.content.decode()
    refused = sign_in(alice).post(f"/restocks/{report.pk}/dispute/", follow=True).content.decode()
    assert "This is your own report." in refused
    report.refresh_from_db()
    assert report.status == "confirmed"
    assert sign_in(alice).post(f"/restocks/{report.pk}/adore/").status_code == 404


def test_buttons_follow_and_stop(sign_in, alice, bob):
    reader, report = sign_in(alice), make_restock(bob)
    path = report.get_absolute_url()
    things = [{"store": report.store.slug}, {"sneaker": report.sneaker_id, "size": "9"}, {"member": "bob"}]
    for thing in things:
        assert reader.post("/follows/", {**thing, "next": path})["Location"] == path
    listed = page_of(reader, "/restocks/following/")
    assert (Follow.objects.count(), listed.count('name="stop"')) == (3, 3)
    page_of(reader, path)
    for thing in things:
        assert (
            reader.post("/follows/", {**thing, "stop": "1", "next": "https://evil.example"})["Location"]
            == "/restocks/following/"
        )
    assert Follow.objects.count() == 0
    assert "You follow nothing yet." in page_of(reader, "/restocks/following/")


def test_the_page_of_a_sneaker_offers_to_follow_it_in_a_size(sign_in, alice):
    reader, sneaker = sign_in(alice), make_sneaker()
    path = f"/sneakers/{sneaker.pk}/"
    assert f'<input type="hidden" name="sneaker" value="{sneaker.pk}">' in page_of(reader, path)
    assert reader.post("/follows/", {"sneaker": sneaker.pk, "size": " 9 ", "next": path})["Location"] == path
    assert Follow.objects.values_list("sneaker", "size").get() == (sneaker.pk, "9")


def test_a_vote_on_what_is_over_is_refused_in_words(sign_in, alice, bob):
    report = make_restock(alice)
    verdicts.gone(report.pk, member=alice)
    Restock.objects.update(ended_at=database_time() - timedelta(days=9))
    html = sign_in(bob).post(f"/restocks/{report.pk}/dispute/", follow=True).content.decode()
    assert "This report has ended." in html
