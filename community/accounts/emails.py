"""The e-mails of accounts: codes, links and what was changed. allauth says when and in which words; the outbox sends them."""

import re
from uuid import uuid4

from allauth.account.utils import filter_users_by_email
from django.core.mail import EmailMessage

from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write


def put_into_outbox(message: EmailMessage, about: str, *, once: str = "") -> None:
    """Stores what allauth has written, so that no page waits for a mail server (M7).

    What it is about is told once, where `once` says what that is. Whoever is written to is looked up in each case, so that
    known and unknown addresses cost the same.
    """
    (to,) = message.to
    members = [member.pk for member in filter_users_by_email(to, is_active=True, prefer_verified=True)]
    write(
        Email.ACCOUNT,
        f"{about}:{once or uuid4()}",
        to=to,
        member=members[0] if members else None,
        subject=message.subject,
        paragraphs=[part.splitlines() for part in re.split(r"\n\s*\n", str(message.body).strip())],
    )
