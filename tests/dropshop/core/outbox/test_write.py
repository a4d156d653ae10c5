"""An e-mail is there exactly when what it tells of is; it is kept encrypted, and forgotten in its time."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction

from community.personal_data import erasure, export
from dropshop.core.clock import database_time
from dropshop.core.outbox import send, write
from dropshop.core.outbox.models import Email
from dropshop.core.retention import rules
from tests.dropshop.core.outbox.letters import FACTS, state, written
from tests.make import make_member

pytestmark = pytest.mark.django_db


def test_what_is_rolled_back_has_written_nothing():
    with transaction.atomic():
        written()
        transaction.set_rollback(True)
    assert (Email.objects.count(), send.sweep(), mail.outbox) == (0, 0, [])


def test_writing_sends_nothing_and_fills_no_template(monkeypatch):
    monkeypatch.setattr(send, "message", None)
    email = written()
    assert (mail.outbox, state(email)) == ([], ("waiting", ""))


def test_one_cause_has_one_e_mail_of_a_kind_however_often_it_is_written():
    answers = [write.write(kind, "payment:1", to="ada@example.com", **FACTS) for kind in ("one", "one", "another")]
    assert answers == [True, False, True]


def test_many_are_written_by_one_statement(django_assert_num_queries):
    emails = [write.prepare("payment_trouble", f"payment:{n}", to="ada@example.com", **FACTS) for n in range(50)]
    with django_assert_num_queries(1):
        assert write.write_each(emails) == {email.id for email in emails}
    with django_assert_num_queries(0):
        assert write.write_each([]) == set()


def test_neither_address_nor_words_can_be_read_in_the_database():
    email = written()
    with connection.cursor() as cursor:
        cursor.execute('SELECT "to" || context FROM outbox_email')
        ((stored,),) = cursor.fetchall()
    assert ("ada" in stored, "bank" in stored) == (False, False)
    assert (email.to, email.context) == ("ada@example.com", FACTS)


def test_only_an_open_account_with_an_address_is_written_to(alice):
    closed, without = make_member(is_active=False), make_member(email="")
    assert write.addresses_of([alice.pk, closed.pk, without.pk]) == {alice.pk: "alice@example.com"}
    assert [write.write_to_member(member.pk, "one", str(member.pk)) for member in (alice, closed, without)] == [
        True,
        False,
        False,
    ]


def test_a_member_reads_in_their_export_what_was_written_to_them(alice):
    write.write_to_member(alice.pk, "payment_trouble", "payment:1", **FACTS)
    ((row),) = export.everything_about(alice)["community"]["emails"]
    assert (row["to"], row["context"], row["status"]) == ("alice@example.com", FACTS, "waiting")


def test_an_erased_member_is_written_to_no_more_and_what_was_written_is_emptied(alice, bob):
    for cause in ("payment:1", "payment:2"):
        write.write_to_member(alice.pk, "payment_trouble", cause, **FACTS)
        send.sweep() if cause == "payment:1" else None
    write.write_to_member(bob.pk, "payment_trouble", "payment:3", **FACTS)
    erasure.erase(alice)
    emails = Email.objects.order_by("cause").values_list("cause", "status", "to", "context", "error")
    assert [*emails] == [
        ("payment:1", "sent", None, None, ""),
        ("payment:2", "called_off", None, None, "The member was erased."),
        ("payment:3", "waiting", "bob@example.com", FACTS, ""),
    ]
    send.sweep()
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["bob@example.com"]]


def test_what_was_settled_long_ago_is_forgotten_and_what_waits_stays(settings):
    settings.EMAIL_DAYS = 30
    for days, status in ((29, "sent"), (31, "sent"), (31, "failed"), (31, "waiting")):
        email = written(f"{status} {days}")
        if status != "waiting":
            ended = database_time() - timedelta(days=days)
            Email.objects.filter(pk=email.pk).update(status=status, retry_at=None, settled_at=ended, error="no")
    Email.objects.update(created_at=database_time() - timedelta(days=31))
    assert rules["e-mails"].enforce() == 2
    assert sorted(Email.objects.values_list("cause", flat=True)) == ["sent 29", "waiting 31"]
