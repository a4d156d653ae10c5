"""A mail server that sends a byte now and then holds no sender beyond its lease, after which another sends the same e-mail."""

import smtplib
from threading import Semaphore

import pytest
from django.core.mail import get_connection

from dropshop.core.outbox import due, send, smtp
from tests.dropshop.core.outbox.letters import state, sweep_later, written
from tests.dropshop.core.outbox.mail_server import DRIPS
from tests.harness.patience import PATIENCE

pytestmark = pytest.mark.django_db


class Clock:
    """The sender's clock. Nothing moves it but the server's bytes, so that no machine is too slow or too quick."""

    def __init__(self):
        self.now, self.looked = 0.0, Semaphore(0)

    def __call__(self):
        self.looked.release()
        return self.now

    def drip(self):
        """The server's next byte, once the last one was read, and just before the sender would give up."""
        self.looked.acquire()
        self.now += PATIENCE - 1


@pytest.fixture
def clock(server, monkeypatch):
    clock = Clock()
    server.drip = clock.drip
    monkeypatch.setattr(smtp, "steady", clock)
    yield clock
    clock.looked.release(10 * DRIPS)  # whom nobody hears any more


def given_up(email):
    status, error = state(email)
    return status == "waiting" and error.startswith("The mail server is away: SMTPServerDisconnected ")


@pytest.mark.parametrize("answer", ["greeting", "RCPT", "DATA", "message"])
def test_a_server_that_drips_is_given_up_before_the_lease_runs_out(server, clock, answer):
    email = written()
    server.drips_at = answer
    assert send.sweep() == 1
    assert given_up(email)
    assert len(server.taken) == (answer == "message")
    server.drips_at, server.drip = "", lambda: None  # what is left of the first answer moves no clock any more
    assert sweep_later(11) == 1
    assert state(email) == ("sent", "")
    assert set(server.ids) == {f"<{email.pk}@example.com>"}


def test_a_server_that_drips_its_goodbye_takes_back_nothing(server, clock):
    email = written()
    server.drips_at = "QUIT"
    assert send.sweep() == 1
    assert state(email) == ("sent", "")


def test_each_e_mail_has_the_whole_time(server, clock):
    """The first has used almost all of it."""
    emails = [written(f"payment:{number}") for number in range(3)]
    server.drips_at, most = "RCPT", due.conversation() / (DRIPS + 20)

    def drip():
        clock.now += most

    server.drip = drip
    assert send.sweep() == 3
    assert [state(email) for email in emails] == [("sent", "")] * 3


def test_what_is_sent_is_bounded_too(server, clock, monkeypatch):
    """The server reads as slowly as others write: each part of a long message is waited for by itself."""
    email = written(said="word " * 60_000)
    sends = smtplib.SMTP.send

    def sends_slowly(self, part):
        clock.now += PATIENCE - 1
        sends(self, part)

    monkeypatch.setattr(smtplib.SMTP, "send", sends_slowly)
    assert send.sweep() == 1
    assert given_up(email)
    assert server.taken == []


def test_control_djangos_own_connection_stays_with_it_beyond_the_lease(server, clock, monkeypatch):
    monkeypatch.setattr(smtp, "connect", get_connection)
    clock.looked.release(10 * DRIPS)
    email = written()
    server.drips_at = "RCPT"
    assert send.sweep() == 1
    assert state(email) == ("sent", "")
    assert clock.now > due.lease()
