"""What is due is sent once, by a server that takes it, refuses it, says nothing, or dies; and never lost."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from dropshop.core.clock import database_time
from dropshop.core.outbox import due, send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from tests.dropshop.core.outbox.letters import FACTS, state, sweep_later, written
from tests.harness.patience import PATIENCE
from tests.make import make_member

pytestmark = pytest.mark.django_db


def test_what_is_due_is_sent_once_with_text_and_html(server):
    email = written()
    assert (send.sweep(), send.sweep()) == (1, 0)
    (message,) = server.taken
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Your payment for Ember Runner")
    assert message["Message-ID"] == f"<{email.pk}@example.com>"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().startswith("Your bank said no.")
    assert state(email) == ("sent", "")


def test_several_go_by_one_connection_the_oldest_first(server):
    emails = [written(f"payment:{number}") for number in range(3)]
    for seconds, email in zip((2, 1, 3), emails, strict=True):
        Email.objects.filter(pk=email.pk).update(retry_at=database_time() - timedelta(seconds=seconds))
    assert send.sweep() == 3
    assert server.ids == [f"<{emails[place].pk}@example.com>" for place in (2, 0, 1)]
    assert len(server.talks) == 1


def test_a_refused_address_is_a_named_failure_that_does_not_repeat_the_address(server):
    server.to_recipient = "550 5.1.1 <ada@example.com>: nobody of that name"
    email = written()
    assert send.sweep() == 1
    assert state(email) == ("failed", "The mail server refuses it: 550 5.1.1 <…>: nobody of that name")
    assert sweep_later(10_000) == 0


def test_a_refused_message_is_a_named_failure(server):
    server.to_data = "554 5.7.1 no such words here"
    email = written()
    send.sweep()
    assert state(email) == ("failed", "The mail server refuses it: 554 5.7.1 no such words here")


def test_a_server_that_says_not_now_is_asked_again_and_the_others_do_not_wait(server):
    server.to_recipient = "451 4.7.1 greylisted"
    first, second = written("payment:1"), written("payment:2")
    assert send.sweep() == 2
    assert state(first) == state(second) == ("waiting", "The mail server took it not yet: 451 4.7.1 greylisted")
    server.to_recipient = "250 ok"
    assert (send.sweep(), sweep_later(11), sweep_later(11)) == (0, 2, 0)
    assert sorted(server.ids) == sorted(f"<{email.pk}@example.com>" for email in (first, second))


def test_a_silent_server_is_waited_for_no_longer_than_the_timeout_and_asked_again_later(server, settings):
    settings.EMAIL_TIMEOUT = 0.2
    server.is_silent = True
    first, second = written("payment:1"), written("payment:2")
    assert send.sweep() == 1, "the second is not tried: the server is away"
    away = "The mail server is away: SMTPServerDisconnected Connection unexpectedly closed: timed out"
    assert sorted(map(state, (first, second))) == [("waiting", ""), ("waiting", away)]  # both are due since the same moment
    server.is_silent, settings.EMAIL_TIMEOUT = False, PATIENCE
    assert sweep_later(11) == 2
    assert state(first) == state(second) == ("sent", "")


def test_pauses_double_up_to_an_hour_and_after_many_tries_it_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(due, "MAX_TRIES", 11)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1,  # where nobody listens
    )  # fmt: skip
    email = written()
    for seconds in [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]:
        before = database_time()
        assert sweep_later(3601) == 1
        email.refresh_from_db()
        assert before < email.retry_at - timedelta(seconds=seconds) < database_time()
    assert sweep_later(3601) == 1
    status, error = state(email)
    assert (status, error.partition(":")[0]) == ("failed", "The mail server is away")


def test_a_server_that_dies_after_it_has_the_message_gets_it_again_under_the_same_id(server):
    email = written()
    server.dies_after_data = True
    assert send.sweep() == 1
    assert state(email)[0] == "waiting"
    server.dies_after_data = False
    assert sweep_later(11) == 1
    assert server.ids == [f"<{email.pk}@example.com>"] * 2


class Killed(BaseException):
    """The process is gone: no handler of the shop sees this."""


def die_at(monkeypatch, module, step):
    """A sender that does not live through this step."""

    def dies(*args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, step, dies)
        with pytest.raises(Killed):
            send.sweep()


@pytest.mark.parametrize("step", ["_finish", "_send"])
def test_what_a_killed_sender_had_claimed_is_sent_once_after_its_lease(server, monkeypatch, step):
    email = written()
    die_at(monkeypatch, send, step)
    assert sweep_later(due.lease() / 2) == 0, "it may be at it still"
    assert sweep_later(due.lease()) == 1
    assert server.ids == [f"<{email.pk}@example.com>"]


def test_a_sender_that_dies_before_it_notes_the_sending_sends_the_same_message_again(server, monkeypatch):
    email = written()
    die_at(monkeypatch, due, "settle")
    assert sweep_later(due.lease() + 1) == 1
    assert server.ids == [f"<{email.pk}@example.com>"] * 2


def test_whoever_has_lost_the_lease_puts_nothing_off(server):
    email = written()
    lost = due.claim(database_time())
    assert sweep_later(due.lease() + 1) == 1
    due.try_later(lost, "too late")
    assert state(email) == ("sent", "")


def test_an_e_mail_that_cannot_be_written_is_tried_later_and_keeps_nobody_waiting(server):
    write("no_such_kind", "payment:0", to="ada@example.com")
    email = written()
    assert send.sweep() == 2
    assert state(Email.objects.get(kind="no_such_kind")) == ("waiting", "It could not be written: TemplateDoesNotExist")
    assert state(email) == ("sent", "")


def test_an_address_with_a_line_break_is_never_sent_to(server):
    email = written(to="ada@example.com\nBcc: eve@example.com")
    send.sweep()
    assert server.taken == []
    assert state(email) == ("waiting", "It could not be written: BadHeaderError")


def set_aside_the_key(email):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_email SET \"to\" = 'gone:AAAA' WHERE id = %s", [email.pk])


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda email: Email.objects.update(to=f"ada@{64 * 'a'}.com"), "UnicodeError", id="no such domain"),
        pytest.param(lambda email: Email.objects.update(to="ada@example..com"), "ValueError", id="no address"),
        pytest.param(lambda email: Email.objects.update(context=["a", "list"]), "TypeError", id="no context"),
        pytest.param(set_aside_the_key, "Unreadable", id="its key is gone"),
    ],
)
def test_what_is_wrong_with_one_e_mail_is_noted_with_it_and_keeps_no_other_waiting(server, spoil, error):
    spoiled = written("payment:0")
    spoil(spoiled)
    email = written()
    assert send.sweep() == 2
    assert state(email) == ("sent", "")
    noted = Email.objects.values_list("status", "error").get(pk=spoiled.pk)
    assert noted == ("waiting", f"It could not be written: {error}")


def test_a_closed_account_is_not_written_to(server):
    member = make_member(is_active=False)
    write("payment_trouble", "payment:1", to="ada@example.com", member=member.pk, **FACTS)
    assert send.sweep() == 1
    assert server.taken == []
    assert state(Email.objects.get()) == ("called_off", "The member's account is closed.")


def test_the_demo_sends_nothing_and_shows_it(server, settings):
    settings.MAILBOX_OF_DEMO = True
    email = written()
    assert send.sweep() == 1
    assert (state(email), server.taken) == (("shown", ""), [])


def test_what_was_sent_can_be_sent_again_under_the_same_id(server):
    email = written()
    send.sweep()
    assert (due.send_again(email), due.send_again(email)) == (True, False)
    send.sweep()
    assert server.ids == [f"<{email.pk}@example.com>"] * 2


@pytest.mark.parametrize(
    "nonsense",
    [{"status": "lost"}, {"retry_at": None}, {"to": None}, {"status": "sent"}, {"status": "failed", "error": ""}],
    ids=["unknown state", "waits for nothing", "waits for nobody", "sent and due", "failed for no reason"],
)
def test_the_database_refuses_an_e_mail_in_no_state(nonsense):
    written()
    with pytest.raises(IntegrityError), transaction.atomic():
        Email.objects.update(**nonsense)
