"""The e-mails of accounts go by the outbox: no page waits for a mail server, and no code is kept that opens an account."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from community.accounts import emails
from community.personal_data import erasure, export
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from tests.make import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def alice():
    member = make_member("alice", email="alice@example.com")
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def asks_for_code(email="alice@example.com"):
    assert Client().post("/accounts/login/code/", {"email": email}).status_code == 302
    return Email.objects.get(status="waiting", kind="account")


def test_no_page_speaks_to_the_mail_server(monkeypatch, alice):
    def reached(*args):
        raise AssertionError("a page speaks to the mail server")

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", reached)
        written = asks_for_code()
    assert (written.kind, written.member, written.to, mail.outbox) == ("account", alice, alice.email, [])
    assert send.sweep() == 1
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("Your code to sign in", [alice.email])
    assert re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", message.body, re.MULTILINE)
    (html,) = message.alternatives
    assert re.search(r">[A-Z0-9]{4}-[A-Z0-9]{4}</p>", html.content)


def test_a_code_is_not_kept_once_it_was_sent(alice):
    written = asks_for_code()
    assert alice.emails.get().context["paragraphs"]
    send.sweep()
    written.refresh_from_db()
    assert (written.status, written.context) == ("sent", None)


def test_control_an_order_e_mail_is_kept(alice):
    write("payment_trouble", "payment:1", to=alice.email, member=alice.pk, title="Ember", said="No.", path="/")
    send.sweep()
    assert Email.objects.get().is_readable


def test_codes_go_before_what_waited_longer(alice):
    for number in range(3):
        write("payment_trouble", f"payment:{number}", to=alice.email, title="Ember", said="No.", path="/")
    asks_for_code()
    send.sweep()
    assert mail.outbox[0].subject == "Your code to sign in"
    assert len(mail.outbox) == 4


def test_a_code_that_waits_is_in_no_export_and_ends_with_the_account(alice):
    asks_for_code()
    assert export.everything_about(alice)["community"]["emails"] == []
    send.sweep()
    assert [row["kind"] for row in export.everything_about(alice)["community"]["emails"]] == ["account"]
    asks_for_code()
    erasure.erase(alice)
    assert send.sweep() == 0
    assert list(Email.objects.values_list("to", "context")) == [(None, None)] * 2


def test_an_address_that_nobody_has_gets_an_e_mail_of_nobody():
    assert asks_for_code("nobody@example.org").member is None
    assert send.sweep() == 1


def asked(address):
    """How many of four codes that somebody asks for are written."""
    before = Email.objects.count()
    for _ in range(4):
        assert Client().post("/accounts/login/code/", {"email": address}).status_code == 302
    return Email.objects.count() - before


def test_a_mailbox_gets_so_many_e_mails_that_strangers_ask_for_known_or_not_and_no_more(alice, monkeypatch, fresh_buckets):
    monkeypatch.setattr(emails, "RATE", "3/24h")
    assert (asked("alice@example.com"), asked("nobody@example.org"), asked("other@example.org")) == (3, 3, 3)


def test_what_the_owner_must_hear_is_not_counted(alice, monkeypatch, fresh_buckets):
    monkeypatch.setattr(emails, "RATE", "1/24h")
    asked("alice@example.com")
    emails.put_into_outbox(EmailMessage("Changed", "It was changed.", to=[alice.email]), about="password_changed")
    assert Email.objects.filter(cause__startswith="password_changed:").count() == 1
