"""What a provider of e-mail tells of bounces and complaints, by django-anymail: an extra, which need not be installed.

Its address exists only with EMAIL_BACKEND=anymail.backends.<provider>.EmailBackend and an EMAIL_WEBHOOK_SECRET. anymail asks
for that secret (HTTP basic authentication), and for the provider's signature where it signs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, path

from dropshop.core.outbox import suppression

BEFORE, AFTER = "anymail.backends.", ".EmailBackend"
NOT_DELIVERED, NO_MAILBOX = {"bounced", "rejected"}, {"bounced", "invalid"}
UNWANTED = {"complained", "unsubscribed"}
# What providers call a bounce that may not come again, in their own words; anymail names them as it names others.
SOFT = {"softbounce", "soft_bounce", "soft", "transient", "temporary"}
SMTP_ANSWER = re.compile(r"(\d{3})[ -](.*)", re.DOTALL)
log = structlog.get_logger(__name__)


def provider() -> str:
    """The name of the provider that sends our e-mails, as anymail calls it; "" for a mail server of our own."""
    backend = settings.EMAIL_BACKEND
    is_anymail = backend.startswith(BEFORE) and backend.endswith(AFTER)
    return backend.removeprefix(BEFORE).removesuffix(AFTER) if is_anymail else ""


def addresses() -> list[URLPattern]:
    """The address that this provider calls, or none."""
    if not (provider() and settings.EMAIL_WEBHOOK_SECRET and apps.is_installed("anymail")):
        return []
    from anymail.urls import urlpatterns  # not installed everywhere

    names = {f"{provider()}_tracking_webhook", f"{provider()}_webhook"}
    views = [pattern.callback for pattern in urlpatterns if pattern.name in names]
    return [path(f"webhooks/e-mails/{provider()}/", view, name="email_webhook") for view in views]


def is_refusal(error: Exception) -> bool:
    """Whether the provider takes nothing for this recipient, ever."""
    if not apps.is_installed("anymail"):
        return False
    from anymail.exceptions import AnymailRecipientsRefused

    return isinstance(error, AnymailRecipientsRefused)


def listen() -> None:
    """What anymail hears is heard here from now on; nothing without anymail."""
    if apps.is_installed("anymail"):
        from anymail.signals import tracking

        tracking.connect(take_in, dispatch_uid="dropshop.core.outbox.webhook")


def take_in(sender: Any, event: Any, **_: Any) -> None:
    """Suppresses the address of a hard bounce or a complaint; anything else changes nothing, and twice is once."""
    said = " ".join(filter(None, (event.description, event.mta_response)))
    if not event.recipient:
        return
    if event.event_type in UNWANTED:
        suppression.suppress(event.recipient, suppression.Reason.COMPLAINED, said)
    elif event.event_type in NOT_DELIVERED and event.reject_reason in NO_MAILBOX and _is_final(event):
        suppression.suppress(event.recipient, suppression.Reason.BOUNCED, said)
    else:
        return
    log.info("an address is suppressed", by=event.event_type)


def _is_final(event: Any) -> bool:
    """Whether the next e-mail would come back too: neither the provider nor the mail server says otherwise."""
    if answer := SMTP_ANSWER.match(event.mta_response or ""):
        return suppression.is_dead(int(answer[1]), answer[2])
    return not any(word.lower() in SOFT for word in _words(event.esp_event))


def _words(raw: Any) -> Iterator[str]:
    """The texts of an event, also of its parts."""
    for value in raw.values() if isinstance(raw, Mapping) else ():
        if isinstance(value, str):
            yield value
        else:
            yield from _words(value)
