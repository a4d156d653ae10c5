"""The link that ends e-mails: signed, without a sign-in, and a GET of it changes nothing (RFC 8058)."""

import pytest
from django.core import signing
from django.test import Client

from community.notice_emails import choices, sending
from community.notice_emails.unsubscribing import unsubscribe_path
from dropshop.core.outbox import send
from tests.dropshop.core.outbox.mail_server import a_mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger():
    """A mail program: it has no cookie, and has seen no page."""
    return Client(enforce_csrf_checks=True)


def post(client, path):
    return client.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")


def test_the_link_of_a_sent_e_mail_ends_its_group_by_one_post(alice, tell, settings, stranger):
    tell(alice)
    sending.sweep()
    with a_mail_server(settings) as server:
        send.sweep()
    (message,) = server.taken
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip(" <>")
    assert address.startswith(f"{settings.SITE_URL}/notices/unsubscribe/")
    answer = post(stranger, address.removeprefix(settings.SITE_URL))
    assert answer.status_code == 200
    ways = choices.ways_of(alice)
    assert (ways["moderation"], ways["trades"]) == ("off", "at_once")


def test_a_get_asks_and_changes_nothing(alice, stranger):
    path = unsubscribe_path(alice, "trades")
    for method in (stranger.get, stranger.head):
        assert method(path).status_code == 200
    page = stranger.get(path).content.decode()
    assert '<form method="post"><button class="button">End these e-mails</button></form>' in page
    assert "alice" not in page
    assert choices.ways_of(alice)["trades"] == "at_once"


def test_the_link_of_the_daily_e_mail_ends_all_that_is_in_it(alice, stranger):
    choices.change(alice, ways={"replies": "at_once"})
    assert post(stranger, unsubscribe_path(alice, "daily")).status_code == 200
    ways = choices.ways_of(alice)
    assert (ways["wants"], ways["restocks"], ways["replies"], ways["orders"]) == ("off", "off", "at_once", "at_once")
    assert post(stranger, unsubscribe_path(alice, "daily")).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path[:-3] + "AA/", id="changed"),
        pytest.param(lambda path: "/notices/unsubscribe/x:y/", id="made up"),
    ],
)
def test_a_link_that_is_not_ours_ends_nothing(alice, stranger, spoil):
    assert post(stranger, spoil(unsubscribe_path(alice, "trades"))).status_code == 404
    assert choices.ways_of(alice)["trades"] == "at_once"


def test_no_link_is_put_together_of_others(alice, bob, stranger):
    """Alice's words under Bob's signature, the other way round, and a signature of ours that was made for something else."""
    (hers, signed), (his, for_bob) = (
        unsubscribe_path(member, "trades").rstrip("/").rpartition("/")[2].split(":", 1) for member in (alice, bob)
    )
    elsewhere = signing.dumps([str(alice.pk), "trades"], salt="dropshop.known_device")
    for token in (f"{hers}:{for_bob}", f"{his}:{signed}", elsewhere):
        assert post(stranger, f"/notices/unsubscribe/{token}/").status_code == 404
    assert [choices.ways_of(member)["trades"] for member in (alice, bob)] == ["at_once", "at_once"]
    assert post(stranger, f"/notices/unsubscribe/{hers}:{signed}/").status_code == 200  # the control


@pytest.mark.parametrize(
    ("of", "words"),
    [("daily", "longer get the daily e-mail."), ("trades", "longer get e-mails about “Offers and trades”.")],
)
def test_the_page_says_in_a_whole_sentence_what_ends(alice, stranger, of, words):
    path = unsubscribe_path(alice, of)
    assert f"You will no {words}" in stranger.get(path).content.decode()
    assert f"You no {words}" in post(stranger, path).content.decode()


def test_a_link_of_one_member_says_nothing_of_another(alice, bob, stranger):
    post(stranger, unsubscribe_path(alice, "trades"))
    assert choices.ways_of(bob)["trades"] == "at_once"


def test_what_must_be_told_has_no_link_that_ends_it(alice, stranger):
    post(stranger, unsubscribe_path(alice, "orders"))
    assert choices.ways_of(alice)["orders"] == "at_once"


def test_a_link_of_a_closed_account_says_that_there_is_nothing_to_end(alice, stranger):
    path = unsubscribe_path(alice, "trades")
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert stranger.get(path).status_code == 404
