"""Senders at once send each e-mail once. The control: without the claim each of them sends it."""

import pytest
from django.core import mail

from dropshop.core.outbox import due, send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from tests.dropshop.core.outbox.letters import FACTS, written
from tests.races.crowd import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meeting(monkeypatch):
    """All senders have put their e-mail together before one of them sends it."""
    met = Meeting(parties=4)
    message = send.message
    monkeypatch.setattr(send, "message", lambda email: (met.meet(), message(email))[1])
    return met


def sent():
    return sorted(message.extra_headers["Message-ID"] for message in mail.outbox)


def test_four_senders_at_once_send_each_e_mail_once(meeting):
    emails = [written(f"payment:{number}") for number in range(6)]
    assert sum(at_once([send.sweep] * 4)) == 6
    assert sent() == sorted(f"<{email.pk}@example.com>" for email in emails)
    assert set(Email.objects.values_list("status", flat=True)) == {"sent"}


def test_control_without_the_claim_one_e_mail_is_sent_by_each_of_them(meeting, monkeypatch):
    def first_due(moment):
        return Email.objects.select_related("member").filter(status="waiting", retry_at__lte=moment).first()

    email = written()
    monkeypatch.setattr(due, "claim", first_due)
    at_once([send.sweep] * 4)
    assert sent() == [f"<{email.pk}@example.com>"] * 4


def test_twelve_who_write_of_one_cause_at_once_write_one_e_mail():
    acts = [lambda: write("payment_trouble", "payment:1", to="ada@example.com", **FACTS)] * 12
    assert sum(at_once(acts)) == 1
    assert Email.objects.count() == 1
