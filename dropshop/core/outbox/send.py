"""Sending what is due, by workers whom no hold, payment or page waits for.

At least once, and exactly once in every case but two: the sender dies after the mail server has taken the message and before
that is noted, or the server's answer to it is lost. Then the same message is sent again with the same `Message-ID`, by which
mail programs know it. Two senders never have one e-mail at once (`dropshop.core.outbox.due`).
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic as steady
from typing import Any

import structlog
from django.conf import settings
from django.core.mail.message import sanitize_address

from dropshop.core.clock import database_time
from dropshop.core.outbox import due, smtp, suppression, webhook
from dropshop.core.outbox.compose import may_be_ended, message
from dropshop.core.outbox.models import Email

SWEEP_SECONDS = 20  # after which a sweep begins no further e-mail
Status = Email.Status
log = structlog.get_logger(__name__)


class ServerAway(Exception):
    """The mail server is silent or takes nothing from us: no further e-mail is tried now."""


def sweep() -> int:
    """Sends what is due, the oldest first; how many e-mails were taken up. Safe when run twice at once."""
    moment, end, taken = database_time(), steady() + SWEEP_SECONDS, 0
    with _one_connection() as connection:
        while steady() < end and (email := due.claim(moment)):
            taken += 1
            try:
                _finish(email, connection)
            except ServerAway as trouble:
                log.warning("the mail server is away", outbox=str(email.pk), tries=email.tries, error=str(trouble))
                due.try_later(email, str(trouble))
                break
    return taken


@contextmanager
def _one_connection() -> Iterator[Any]:
    """A connection for all e-mails of a sweep, opened by the first."""
    connection = smtp.connect(settings.EMAIL_BACKEND)
    try:
        yield connection
    finally:
        connection.close()


def _finish(email: Email, connection: Any) -> None:
    """Sends one e-mail and notes what came of it. Raises ServerAway."""
    if email.member is not None and not email.member.is_active:
        due.settle(email, Status.CALLED_OFF, "The member's account is closed.")
        return
    try:
        email.refresh_from_db(fields=("to", "context"))
        written = message(email)
        written.message()  # refuses what cannot be a header, before any server is asked
        sanitize_address(str(email.to), "utf-8")  # and what Django would refuse only while it speaks to the server
    except Exception as error:  # template, address, key of encryption: what is wrong with one e-mail holds no other up
        log.exception("an e-mail could not be written", outbox=str(email.pk))
        due.try_later(email, f"It could not be written: {type(error).__name__}")
        return
    if reason := suppression.reason_against(str(email.to), may_be_ended=may_be_ended(email)):
        due.settle(email, Status.SUPPRESSED, reason)
    elif settings.MAILBOX_OF_DEMO:
        due.settle(email, Status.SHOWN)
    else:
        _send(email, written, connection)


def _send(email: Email, written: Any, connection: Any) -> None:
    if isinstance(connection, smtp.EmailBackend):
        connection.allow(due.conversation())
    try:
        connection.open()
        connection.send_messages([written])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
        code, said = _answer(refusal)
        if code < 500:
            due.try_later(email, f"The mail server took it not yet: {code} {said}")
        else:
            log.warning("an e-mail is refused", outbox=str(email.pk), code=code)
            if isinstance(refusal, smtplib.SMTPRecipientsRefused) and suppression.is_dead(code, said):
                suppression.suppress(str(email.to), suppression.Reason.BOUNCED, f"{code} {said}")
            due.settle(email, Status.FAILED, f"The mail server refuses it: {code} {said}")
    except (OSError, smtplib.SMTPException) as error:  # silence, a refused connection or sender, a wrong password
        raise ServerAway(f"The mail server is away: {type(error).__name__} {error}") from error
    except Exception as error:  # of a provider's own backend, about this e-mail alone
        if webhook.is_refusal(error):
            due.settle(email, Status.FAILED, "The provider of e-mail refuses the address.")
            return
        log.exception("an e-mail could not be sent", outbox=str(email.pk))
        due.try_later(email, f"It could not be sent: {type(error).__name__}")
    else:
        due.settle(email, Status.SENT)


def _answer(refusal: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[int, str]:
    """The server's code and words, about the one recipient or the message."""
    code: int
    said: bytes | str
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        ((code, said),) = refusal.recipients.values()
    else:
        code, said = refusal.smtp_code, refusal.smtp_error
    return code, said.decode(errors="replace") if isinstance(said, bytes) else said
