"""An e-mail as it is sent: filled in from its row, text and HTML.

The first line of `templates/emails/<kind>.txt` is the subject, the rest is the text; `<kind>.html` says the same. Both get the
row's context and `site`, the address of the shop. An e-mail that its reader may end has `unsubscribe` in its context: the path
of the page for it, which takes a POST without a sign-in (RFC 8058).
"""

import unicodedata
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from dropshop.core.outbox.models import Email

LINE_ENDS = {"Cc", "Zl", "Zp"}  # control characters, and the separators of lines and paragraphs


class Content(NamedTuple):
    """What the reader sees."""

    subject: str
    text: str
    html: str


def content(email: Email) -> Content:
    """The e-mail's words. Every value of its context is one line: a name with line breaks begins no line of its own."""
    context = {**on_one_line(email.context), "site": settings.SITE_URL}
    subject, _, text = render_to_string(f"emails/{email.kind}.txt", context).lstrip().partition("\n")
    return Content(subject.strip(), text.strip() + "\n", render_to_string(f"emails/{email.kind}.html", context))


def on_one_line(value: Any) -> Any:
    """The same JSON value, each of its texts without line breaks and control characters."""
    match value:
        case str():
            return " ".join("".join(" " if unicodedata.category(sign) in LINE_ENDS else sign for sign in value).split())
        case dict():
            return {key: on_one_line(item) for key, item in value.items()}
        case list():
            return [on_one_line(item) for item in value]
    return value


def message(email: Email) -> EmailMultiAlternatives:
    """The message for the mail server. Its `Message-ID` is the row's, so that one that comes twice is known to be the same."""
    written = content(email)
    headers = {"Message-ID": message_id(email), "Auto-Submitted": "auto-generated", **_unsubscribing(email)}
    made = EmailMultiAlternatives(written.subject, written.text, settings.DEFAULT_FROM_EMAIL, [str(email.to)], headers=headers)
    made.attach_alternative(written.html, "text/html")
    return made


def may_be_ended(email: Email) -> bool:
    """Whether its reader may end e-mails of this kind. Others are part of an order, or of an account."""
    return bool(_ending_path(email))


def _unsubscribing(email: Email) -> dict[str, str]:
    if not (path := _ending_path(email)):
        return {}
    return {"List-Unsubscribe": f"<{settings.SITE_URL}{path}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _ending_path(email: Email) -> str:
    context: Any = email.context or {}
    return str(context.get("unsubscribe", "")) if isinstance(context, dict) else ""


def message_id(email: Email) -> str:
    """The same for each try."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{email.pk}@{domain.encode('idna').decode()}>"
