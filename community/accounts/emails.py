"""The e-mails of accounts: codes, links and what was changed. allauth says when and in which words; the outbox sends them."""

import re
from uuid import uuid4

import structlog
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.core.mail import EmailMessage

from dropshop.core.limits import account_key, buckets, rate
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from dropshop.core.token_buckets import RedisUnavailable

# E-mails that anybody may cause, to any address: so many of them go to one mailbox, whoever asks for them.
ASKED_FOR = {
    *("login_code", "password_reset_key", "email_confirmation", "email_confirmation_signup"),
    *("unknown_account", "account_already_exists"),
}
RATE = "50/24h"
log = structlog.get_logger(__name__)


def put_into_outbox(message: EmailMessage, about: str, *, once: str = "") -> None:
    """Stores what allauth has written, so that no page waits for a mail server (M7).

    What it is about is told once, where `once` says what that is. Whoever is written to is looked up in each case, so that
    known and unknown addresses cost the same.
    """
    (to,) = message.to
    if about in ASKED_FOR and not _is_within_rate(to):
        log.warning("a mailbox has had enough e-mails for a day", about=about)
        return
    members = [member.pk for member in filter_users_by_email(to, is_active=True, prefer_verified=True)]
    write(
        Email.ACCOUNT,
        f"{about}:{once or uuid4()}",
        to=to,
        member=members[0] if members else None,
        subject=message.subject,
        paragraphs=[part.splitlines() for part in re.split(r"\n\s*\n", str(message.body).strip())],
    )


def _is_within_rate(address: str) -> bool:
    """Counts one e-mail to this mailbox, known or not; True where Redis is away, without which nobody can ask for one."""
    try:
        (taken,) = buckets(settings.REDIS_URL).take_each([[(f"account-emails:{account_key(address)}", rate(RATE))]])
    except RedisUnavailable:
        return True
    return not taken.wait
