"""A pair is put in on the closet's pages: by hand, and with one click from an order."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.models import Pair
from dropshop.core.money import Money
from tests.community.closet.pages import SAID, words
from tests.make import make_drop, make_pair, make_purchase, make_sneaker

pytestmark = pytest.mark.django_db


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
