"""Saved cards among the member's settings: without JavaScript, each word true."""

import pytest

from reservations.models import SavedMethod, TestCharge
from reservations.payments.test_bank.gateway import TestGateway
from tests.make import make_saved_method

pytestmark = pytest.mark.django_db
SETTINGS = "/accounts/settings/"
PAYING = f"{SETTINGS}#paying"


@pytest.fixture
def mine(client, alice):
    client.force_login(alice)
    return client


def said(client):
    """The words of the section."""
    page = client.get(SETTINGS).content.decode()
    return page.partition('id="paying"')[2].partition("Add a card")[0]


def test_without_a_card_it_says_what_one_is_good_for(mine):
    assert "No card" in said(mine)


def test_a_card_is_added_and_shown_and_a_double_click_adds_one(mine):
    answers = [mine.post("/payment-methods/", {"payment_method": "test_ok", "key": "k"}) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, PAYING)] * 2
    assert SavedMethod.objects.count() == 1
    assert "Test card ·· 4242" in said(mine)
    assert "until 09/39 · used first · we keep the bank's token, never the number" in said(mine).replace("&#x27;", "'")


@pytest.mark.parametrize("agreed", [True, False])
def test_a_card_that_wants_a_confirmation_leads_to_the_bank_and_back(mine, agreed):
    sent = mine.post("/payment-methods/", {"payment_method": "test_confirm"})
    charge = TestCharge.objects.get()
    assert (sent.status_code, sent["Location"]) == (303, f"/test-bank/{charge.pk}/")
    assert "Your bank wants you to confirm it." in said(mine)
    TestGateway().confirm(charge.pk, agreed=agreed)
    back = mine.get(charge.return_url)
    assert back["Location"] == PAYING
    assert ("Test card ·· 3220" in said(mine), "A card was not saved" in said(mine)) == (agreed, not agreed)


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        ("test_declined", 402, "This card was not saved. The test bank said no. Nothing was charged."),
        ("", 400, "Choose how to pay."),
        ("4242424242424242", 400, "never a card"),
    ],
    ids=["declined", "nothing", "a card's number"],
)
def test_what_is_wrong_stands_at_the_card(mine, token, status, words):
    answer = mine.post("/payment-methods/", {"payment_method": token})
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (status, True)
    assert 'id="payment_method_error"' in page


def test_a_card_is_used_first_and_removed(mine, alice):
    one, two = make_saved_method(alice, is_default=True), make_saved_method(alice)
    assert mine.post(f"/payment-methods/{two.pk}/first/").status_code == 303
    assert SavedMethod.objects.get(is_default=True) == two
    for _ in range(2):
        assert mine.post(f"/payment-methods/{two.pk}/removal/")["Location"] == PAYING
    assert SavedMethod.objects.get(is_default=True) == one
    assert "We are asking the bank to forget it." in said(mine)


def test_nobody_touches_the_cards_of_others(mine, bob):
    theirs = make_saved_method(bob)
    for act in ("first", "removal"):
        mine.post(f"/payment-methods/{theirs.pk}/{act}/")
    mine.get(f"/payment-methods/{theirs.pk}/confirmed/")
    theirs.refresh_from_db()
    assert (theirs.status, theirs.is_default) == ("ready", False)
    assert "4242" not in said(mine)


def test_with_as_many_as_may_be_no_form_is_offered(mine, alice):
    for _ in range(20):
        make_saved_method(alice)
    assert "You have 20 cards" in mine.get(SETTINGS).content.decode()
    refused = mine.post("/payment-methods/", {"payment_method": "test_ok"})
    assert (refused.status_code, SavedMethod.objects.count()) == (409, 20)
