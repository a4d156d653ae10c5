"""E-mails to test with."""

from datetime import timedelta

from django.db.models import F

from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write

FACTS = {"title": "Ember Runner", "said": "Your bank said no.", "path": "/reservations/1/"}


def written(cause="payment:1", to="ada@example.com", **facts):
    """An e-mail that waits to be sent."""
    write("payment_trouble", cause, to=to, **{**FACTS, **facts})
    return Email.objects.get(cause=cause)


def sweep_later(seconds):
    """`sweep` as it runs so many seconds from now."""
    Email.objects.update(retry_at=F("retry_at") - timedelta(seconds=seconds))
    return send.sweep()


def state(email):
    email.refresh_from_db()
    return email.status, email.error
