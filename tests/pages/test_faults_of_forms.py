"""What is wrong with a field stands beneath it and is tied to it, on every form, also on those that templates write by hand."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from community.models import Trade
from dropshop.core.clock import database_time
from tests.make import make_drop, make_open_pair, make_pair, make_post, make_reservation, make_trade

LONG = "x" * 400


class Page(HTMLParser):
    """The fields that are marked as wrong, with what describes them, and every id of the page."""

    def __init__(self, text):
        super().__init__()
        self.wrong, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(given["id"])
        if given.get("aria-invalid") == "true":
            self.wrong.append((given.get("name"), (given.get("aria-describedby") or "").split()))


def wrong_on(answer):
    """The names of the fields that are marked as wrong; each is described by something that is on the page."""
    page = Page(answer.content.decode())
    for name, described in page.wrong:
        assert described, name
        assert [one for one in described if one not in page.ids] == [], name
    return {name for name, _ in page.wrong}


@pytest.fixture
def places(alice, bob):
    """What the addresses of the forms are about."""
    trade = make_trade(alice, bob)
    from community.trades import offers

    offers.accept(trade.pk, by=bob)
    complete = make_trade(alice, bob)
    offers.accept(complete.pk, by=bob)
    Trade.objects.filter(pk=complete.pk).update(completed_at=database_time())
    make_open_pair(alice)
    folder = alice.folders.create(name="Shelf")
    alice.folders.create(name="Wall")
    return {
        "item": make_post(bob).pk,
        "mine": make_post(alice).pk,
        "trade": trade.pk,
        "complete": complete.pk,
        "pair": make_pair(alice).pk,
        "theirs": make_open_pair(bob).pk,
        "hold": make_reservation(alice, make_drop({"9": 1})).pk,
        "folder": folder.pk,
    }


# address, what is sent, which fields are wrong
FORMS = [
    ("/community/report/item/{item}/", {}, {"reason"}),
    ("/community/report/item/{item}/", {"reason": "spam", "text": LONG * 2}, {"text"}),
    ("/community/", {"text": ""}, {"text"}),
    ("/community/{item}/comments/", {"text": ""}, {"text"}),
    ("/community/{mine}/edit/", {"text": ""}, {"text"}),
    ("/trades/{trade}/sent/", {"carrier": LONG, "tracking": "1"}, {"carrier"}),
    ("/trades/{trade}/dispute/", {"reason": ""}, {"reason"}),
    ("/trades/{complete}/rating/", {"stars": "9"}, {"stars"}),
    ("/trades/{complete}/rating/", {"stars": "5", "text": LONG}, {"text"}),
    ("/trades/new/?pair={theirs}", {"message": "Hi"}, {"gives", "wants"}),
    ("/accounts/profile/", {"bio": LONG}, {"bio"}),
    ("/accounts/profile/", {"row": "name", "display_name": "staff"}, {"display_name"}),
    ("/accounts/profile/", {"row": "place", "time_zone": "Moon", "language": "xx"}, {"time_zone", "language"}),
    ("/accounts/settings/picture/", {}, {"picture"}),
    ("/accounts/profile/area/", {"letters": "4", "place": "Nowhereville"}, {"place"}),
    ("/accounts/profile/area/", {"letters": "9", "place": "Berlin"}, {"letters"}),
    ("/accounts/settings/addresses/new/", {"country": "GB", "zip_code": "1"}, {"name", "street", "city", "zip_code"}),
    ("/accounts/settings/addresses/new/", {"country": "Narnia"}, {"country", "name", "street", "city", "zip_code"}),
    ("/closet/folders/", {"do": "rename", "folder": "{folder}", "name": "Wall"}, {"name"}),
    ("/closet/folders/", {"do": "add", "name": LONG}, {"name"}),
    ("/closet/import/", {}, {"sheet"}),
    ("/closet/pairs/{pair}/edit/", {"size": "", "condition": "1", "visibility": "members"}, {"size", "currency"}),
    ("/closet/pairs/{pair}/pictures/", {}, {"pictures"}),
    ("/events/new/", {"title": "Lacing"}, {"city", "venue", "starts_at", "ends_at"}),
    ("/reservations/{hold}/purchase/", {"payment_method": "test_ok"}, {"name", "street", "city", "zip_code", "country"}),
    ("/accounts/login/", {"login": "", "password": ""}, {"login", "password"}),
    ("/withdraw/", {"number": "", "name": "\u200b", "email": "alice"}, {"number", "name", "email"}),
]


@pytest.mark.parametrize("form", FORMS, ids=[f"form {number}" for number in range(len(FORMS))])
def test_each_fault_is_tied_to_its_field(alice, sign_in, client, places, form):
    address, given, wrong = form
    reader = client if address.startswith("/accounts/login") else sign_in(alice)
    sent = {name: value.format(**places) for name, value in given.items()}
    answer = reader.post(address.format(**places), sent)
    assert answer.status_code in {200, 400}
    assert wrong_on(answer) == wrong


# Django's widgets name these as what describes the field.
TOLD_ABOVE = {("templates", "_fields.html")}


def test_no_template_says_that_something_is_wrong_without_tying_it_to_its_field():
    loose = []
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        text = path.read_text()
        for tag in re.findall(r"<[a-z]+ class=\"wrong\"[^>]*>", text):
            known = re.search(r'id="([^"]*)"', tag)
            if known is None or ("aria-describedby" not in text and path.parts[-2:] not in TOLD_ABOVE):
                loose.append((path.name, tag))
    assert loose == []


# -- A pair that nobody sees, for trade ------------------------------------------------------------


def test_a_pair_that_only_its_owner_sees_is_offered_to_be_shown_when_it_is_to_be_for_trade(alice, sign_in):
    pair, client = make_pair(alice, visibility="private"), sign_in(alice)
    page = f"/closet/pairs/{pair.pk}/edit/"
    form = client.get(page).context["form"]
    said = {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields} | {"for_trade": "on"}
    refused = client.post(page, said)
    assert wrong_on(refused) == {"for_trade"}
    assert '<button class="button" name="visibility" value="members">' in refused.content.decode()
    assert client.post(page, {**said, "visibility": ["private", "members"]}).status_code == 302
    pair.refresh_from_db()
    assert (pair.visibility, pair.for_trade) == ("members", True)


def test_several_pairs_that_only_their_owner_sees_are_offered_to_be_shown(alice, sign_in):
    pairs, client = [make_pair(alice, visibility="private") for _ in range(2)], sign_in(alice)
    chosen = [str(pair.pk) for pair in pairs]
    assert 'value="show_for_trade"' not in client.get("/closet/").content.decode()
    for some in (chosen, chosen[:1]):
        assert 'value="show_for_trade"' in client.post("/closet/", {"do": "for_trade", "pair": some}).content.decode()
    assert client.post("/closet/", {"do": "show_for_trade", "pair": chosen}).status_code == 302
    assert list(alice.pairs.values_list("visibility", "for_trade")) == [("members", True)] * 2
