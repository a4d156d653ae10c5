"""An address that bounced or complained gets no further e-mail, until somebody lifts it."""

import pytest
from django.contrib.auth.models import Group

from community.personal_data import erasure
from dropshop.core.outbox import send, suppression
from dropshop.core.outbox.models import Email, SuppressedAddress
from dropshop.core.outbox.write import write
from tests.dropshop.core.outbox.letters import FACTS, state, written
from tests.make import make_member
from tests.races.crowd import at_once

pytestmark = pytest.mark.django_db
BOUNCED, COMPLAINED = suppression.Reason.BOUNCED, suppression.Reason.COMPLAINED
ENDING = "/notices/unsubscribe/x/"


@pytest.mark.parametrize(
    ("answer", "reasons"),
    [
        ("550 5.1.1 nobody of that name", ["bounced"]),
        ("550 no such user", ["bounced"]),
        ("553 5.1.3 bad address", ["bounced"]),
        ("550 5.2.1 mailbox is disabled", ["bounced"]),
        ("552 5.2.2 mailbox is full", []),
        ("550 5.7.1 your network is on a list", []),
        ("451 4.7.1 greylisted", []),
    ],
)
def test_a_refusal_that_is_final_and_about_the_mailbox_suppresses_it(server, answer, reasons):
    server.to_recipient = answer
    written()
    send.sweep()
    assert [row.reason for row in suppression.of_address("ada@example.com")] == reasons


def test_a_refused_message_says_nothing_about_the_mailbox(server):
    server.to_data = "554 5.1.1 no such words here"
    written()
    send.sweep()
    assert not SuppressedAddress.objects.exists()


def test_after_a_bounce_nothing_is_sent_there_in_any_spelling_and_to_others_it_is(server):
    suppression.suppress("Ada@Example.com", BOUNCED, "550 5.1.1 <ada@example.com> unknown")
    first, other = written("payment:1"), written("payment:2", to="bob@example.com")
    assert send.sweep() == 2
    assert state(first) == ("suppressed", "E-mails to it come back.")
    assert state(other) == ("sent", "")
    assert [message["To"] for message in server.taken] == ["bob@example.com"]
    assert SuppressedAddress.objects.get().detail == "550 5.1.1 <…> unknown"


def test_after_a_complaint_orders_and_codes_are_sent_and_notices_are_not(server):
    suppression.suppress("ada@example.com", COMPLAINED)
    order = written("payment:1")
    notice = written("payment:2", unsubscribe=ENDING)
    send.sweep()
    assert (state(order)[0], state(notice)) == (
        "sent", ("suppressed", "Somebody there reported an e-mail as unwanted."),
    )  # fmt: skip


def test_once_it_is_lifted_e_mails_go_there_again_and_it_may_bounce_again(server):
    suppression.suppress("ada@example.com", BOUNCED)
    assert (suppression.lift("ada@example.com"), suppression.lift("ada@example.com")) == (1, 0)
    email = written()
    send.sweep()
    assert state(email) == ("sent", "")
    suppression.suppress("ada@example.com", BOUNCED)
    assert SuppressedAddress.objects.count() == 2


def test_an_address_is_found_while_keys_rotate(settings):
    suppression.suppress("ada@example.com", BOUNCED)
    settings.FIELD_KEYS = ["next:" + "B" * 43 + "=", *settings.FIELD_KEYS]
    assert suppression.of_address("ada@example.com").count() == 1


def test_neither_the_address_nor_its_mailbox_stands_in_the_table(django_assert_num_queries):
    suppression.suppress("ada@example.com", BOUNCED)
    (row,) = SuppressedAddress.objects.extra(select={"whole": "outbox_suppressedaddress::text"})
    assert "ada" not in row.whole


def test_of_an_erased_member_nothing_is_kept(alice):
    suppression.suppress(alice.email, BOUNCED)
    erasure.erase(alice)
    assert not SuppressedAddress.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_suppress_once():
    at_once([lambda: suppression.suppress("ada@example.com", BOUNCED)] * 12)
    assert SuppressedAddress.objects.count() == 1


LIST = "/admin/outbox/suppressedaddress/"


def test_support_finds_an_address_by_all_of_it_and_lifts_it(sign_in):
    sam = make_member("sam", is_staff=True)
    sam.groups.add(Group.objects.get(name="support"))
    suppression.suppress("ada@example.com", BOUNCED)
    client, row = sign_in(sam), SuppressedAddress.objects.get()
    found = [client.get(LIST, {"q": said}).context["cl"].result_count for said in ("ADA@example.com", "ada", "")]
    assert found == [1, 0, 1]
    page = client.get(f"{LIST}{row.pk}/change/").text
    assert ("a…@example.com" in page, "ada@example.com" in page) == (True, False)
    assert client.post(f"{LIST}{row.pk}/lift/").status_code == 302
    assert not suppression.of_address("ada@example.com").exists()


def test_an_e_mail_that_was_suppressed_can_be_sent_again_once_that_is_lifted(server):
    from dropshop.core.outbox import due

    suppression.suppress("ada@example.com", BOUNCED)
    write("payment_trouble", "payment:1", to="ada@example.com", **FACTS)
    send.sweep()
    suppression.lift("ada@example.com")
    assert due.send_again(Email.objects.get())
    send.sweep()
    assert Email.objects.get().status == "sent"
