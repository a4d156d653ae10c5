"""E-mails of notices at a mail server that refuses, says "not now", or dies: each arrives once, or is named as failed."""

import pytest

from community.notice_emails import sending
from dropshop.core.outbox import due, send, suppression
from dropshop.core.outbox.models import Email
from tests.dropshop.core.outbox.letters import sweep_later
from tests.dropshop.core.outbox.mail_server import a_mail_server
from tests.harness.patience import PATIENCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings, monkeypatch):
    for module in ("send", "smtp"):
        monkeypatch.setattr(f"dropshop.core.outbox.{module}.steady", lambda: 0.0)
    settings.EMAIL_TIMEOUT = PATIENCE
    with a_mail_server(settings) as server:
        yield server


@pytest.fixture(params=["notices", "digest"])
def waiting(request, alice, tell, clock):
    """An e-mail of each kind, in the outbox."""
    clock.at("2026-06-01 12:00")
    tell(alice, kind="comment" if request.param == "digest" else "moderation")
    clock.at("2026-06-02 09:00")
    assert sending.sweep() == 1
    return Email.objects.get(kind=request.param)


def status(email):
    email.refresh_from_db()
    return email.status


def test_it_arrives_once(server, waiting):
    assert (send.sweep(), send.sweep(), sending.sweep()) == (1, 0, 0)
    assert (server.ids, status(waiting)) == ([f"<{waiting.pk}@example.com>"], "sent")


def test_refused_for_good_it_is_named_as_failed_and_the_next_is_not_sent(server, waiting, alice, tell, clock):
    server.to_recipient = "550 5.1.1 nobody of that name"
    send.sweep()
    assert status(waiting) == "failed"
    assert suppression.of_address(alice.email).get().reason == "bounced"
    server.to_recipient = "250 ok"
    tell(alice, cause="x:2")
    sending.sweep()
    send.sweep()
    assert (server.taken, Email.objects.exclude(pk=waiting.pk).get().status) == ([], "suppressed")


def test_not_now_is_tried_again(server, waiting):
    server.to_data = "451 4.7.1 greylisted"
    send.sweep()
    assert status(waiting) == "waiting"
    server.to_data = "250 ok"
    assert sweep_later(11) == 1
    assert status(waiting) == "sent"


def test_a_server_that_dies_after_data_gets_it_again_under_the_same_id(server, waiting):
    server.dies_after_data = True
    send.sweep()
    server.dies_after_data = False
    sweep_later(due.lease())
    assert (set(server.ids), status(waiting)) == ({f"<{waiting.pk}@example.com>"}, "sent")
