"""Which e-mail is sent next, by which process, and when it is tried again (`dropshop.core.leases`).

What could not be sent is tried later and later, for three days.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from dropshop.core.leases import Queue
from dropshop.core.outbox.models import Email
from dropshop.core.redaction import clean
from dropshop.core.sql import rows

WAITS = 12  # answers of the mail server that one e-mail needs at most, each within EMAIL_TIMEOUT seconds
LEASE_SECONDS = 30  # seconds beyond the conversation, which writing one e-mail and noting what came of it may take
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600
MAX_TRIES = 80  # after which an e-mail is given up: three days


def lease() -> float:
    """Seconds for which whoever has claimed an e-mail has it alone."""
    return conversation() + LEASE_SECONDS


def conversation() -> float:
    """Seconds after which nothing more is said to the mail server about an e-mail (`dropshop.core.outbox.smtp`)."""
    return float(WAITS * settings.EMAIL_TIMEOUT)


_queue = Queue("{email}", "status = 'waiting'", lease, PAUSE_SECONDS, MAX_PAUSE_SECONDS)


def claim(moment: datetime) -> Email | None:
    """The e-mail that was due first at this moment of the database's clock, of accounts before all others, because somebody
    waits for its code; None where none is due.

    Until its lease has run out nobody else gets it. Address and context are not opened yet: that may fail.
    """
    pk = _queue.claim(moment, also=f"kind = '{Email.ACCOUNT}'") or _queue.claim(moment)
    return Email.objects.select_related("member").defer("to", "context").get(pk=pk) if pk else None


SETTLE = """
UPDATE {email} SET status = %(status)s, error = %(error)s, retry_at = NULL, settled_at = clock_timestamp(),
                   context = CASE WHEN kind = ANY(%(emptied)s) AND %(status)s <> 'shown' THEN NULL ELSE context END
 WHERE id = %(id)s AND status = 'waiting'
"""


def settle(email: Email, status: Email.Status, error: str = "") -> None:
    """Nothing is left to do: it was sent, or shown, or is given up for this reason."""
    rows(SETTLE, id=email.pk, status=status.value, error=kept_words(error), emptied=[*Email.EMPTIED])


def try_later(email: Email, error: str) -> None:
    """It is tried again after a pause that doubles each time; after many tries it is given up for this reason."""
    if email.tries >= MAX_TRIES:
        settle(email, Email.Status.FAILED, error)
    else:
        _queue.try_later(email, kept_words(error))


AGAIN = """
UPDATE {email} SET status = 'waiting', tries = 0, error = '', settled_at = NULL, retry_at = clock_timestamp()
 WHERE id = %(id)s AND status IN ('sent', 'failed', 'suppressed') AND "to" IS NOT NULL AND context IS NOT NULL
RETURNING id
"""


def send_again(email: Email) -> bool:
    """It is due at once, under the same Message-ID; False where it waits already, or may not or cannot be sent any more."""
    return bool(rows(AGAIN, id=email.pk))


def kept_words(error: Any) -> str:
    """What a server said, without the addresses that it repeated."""
    return " ".join(clean(str(error)).split())[:300]
