"""Which e-mail is sent next, by which process, and when it is tried again.

An e-mail is claimed: the claim counts the try and puts the next one off (a lease), so that no two senders have it at once, by
whichever processes, and one whose sender died is sent by another. What could not be sent is tried later and later.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from dropshop.core.outbox.models import Email
from dropshop.core.redaction import clean
from dropshop.core.sql import rows

WAITS = 12  # answers of the mail server that one e-mail needs at most, each within EMAIL_TIMEOUT seconds
LEASE_SECONDS = 30  # seconds beyond the conversation, which writing one e-mail and noting what came of it may take
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600  # between the first and the second try; doubling from then on, up to the longest
MAX_TRIES = 80  # after which an e-mail is given up: three days

CLAIM = """
UPDATE {email} SET tries = tries + 1, retry_at = clock_timestamp() + %(lease)s * interval '1 second'
 WHERE id = (SELECT id FROM {email} WHERE status = 'waiting' AND retry_at <= %(moment)s {which}
              ORDER BY retry_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""


def claim(moment: datetime) -> Email | None:
    """The e-mail that was due first at this moment of the database's clock, of accounts before all others, because somebody
    waits for its code; None where none is due.

    Until its lease has run out nobody else gets it. Address and context are not opened yet: that may fail.
    """
    claimed = _claim(moment, f"AND kind = '{Email.ACCOUNT}'") or _claim(moment)
    return Email.objects.select_related("member").defer("to", "context").get(pk=claimed[0][0]) if claimed else None


def _claim(moment: datetime, which: str = "") -> Any:
    return rows(CLAIM.replace("{which}", which), moment=moment, lease=lease())


def lease() -> float:
    """Seconds for which whoever has claimed an e-mail has it alone."""
    return conversation() + LEASE_SECONDS


def conversation() -> float:
    """Seconds after which nothing more is said to the mail server about an e-mail (`dropshop.core.outbox.smtp`)."""
    return float(WAITS * settings.EMAIL_TIMEOUT)


SETTLE = """
UPDATE {email} SET status = %(status)s, error = %(error)s, retry_at = NULL, settled_at = clock_timestamp(),
                   context = CASE WHEN kind = %(account)s AND %(status)s <> 'shown' THEN NULL ELSE context END
 WHERE id = %(id)s AND status = 'waiting'
"""


def settle(email: Email, status: Email.Status, error: str = "") -> None:
    """Nothing is left to do: it was sent, or shown, or is given up for this reason."""
    rows(SETTLE, id=email.pk, status=status.value, error=_kept(error), account=Email.ACCOUNT)


# Only by whoever has the lease still: where it has run out, somebody else is at it.
LATER = """
UPDATE {email} SET error = %(error)s, retry_at = clock_timestamp() + least(%(pause)s * 2.0 ^ least(tries - 1, 20), %(longest)s)
                                                                  * interval '1 second'
 WHERE id = %(id)s AND status = 'waiting' AND retry_at = %(lease)s
"""


def try_later(email: Email, error: str) -> None:
    """It is tried again after a pause that doubles each time; after many tries it is given up for this reason."""
    if email.tries >= MAX_TRIES:
        settle(email, Email.Status.FAILED, error)
    else:
        rows(LATER, id=email.pk, lease=email.retry_at, pause=PAUSE_SECONDS, longest=MAX_PAUSE_SECONDS, error=_kept(error))


AGAIN = """
UPDATE {email} SET status = 'waiting', tries = 0, error = '', settled_at = NULL, retry_at = clock_timestamp()
 WHERE id = %(id)s AND status IN ('sent', 'failed') AND "to" IS NOT NULL AND context IS NOT NULL
RETURNING id
"""


def send_again(email: Email) -> bool:
    """It is due at once, under the same Message-ID; False where it waits already, or may not or cannot be sent any more."""
    return bool(rows(AGAIN, id=email.pk))


def _kept(error: Any) -> str:
    """What a server said, without the addresses that it repeated."""
    return " ".join(clean(str(error)).split())[:300]
