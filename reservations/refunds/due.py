"""Which refund is sent next, by which process, and when it is tried again.

A refund is claimed: the claim counts the try and puts the next one off (a lease), so that no two processes ask for it at once,
and one whose sender died is asked for by another, under the same key.
"""

from datetime import datetime

from django.conf import settings

from dropshop.core.sql import rows
from reservations.refunds.models import Refund

LEASE_SECONDS = 30  # seconds beyond two time-outs of the provider, which sending one refund may take
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600  # between the first and the second try; doubling from then on, up to the longest

CLAIM = """
UPDATE {refund} SET tries = least(tries + 1, 30000), retry_at = clock_timestamp() + %(lease)s * interval '1 second'
 WHERE id = (SELECT id FROM {refund} WHERE status = 'approved' AND retry_at <= %(moment)s
              ORDER BY retry_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""


def claim(moment: datetime) -> Refund | None:
    """The refund that was due first at this moment of the database's clock; None where none is.

    Until its lease has run out nobody else gets it.
    """
    claimed = rows(CLAIM, moment=moment, lease=2 * settings.PAYMENT_TIMEOUT + LEASE_SECONDS)
    return Refund.objects.select_related("purchase").defer("purchase__address").get(pk=claimed[0][0]) if claimed else None


# Only by whoever has the lease still: where it has run out, somebody else is at it.
LATER = """
UPDATE {refund} SET note = %(note)s,
       retry_at = clock_timestamp() + least(%(pause)s * 2.0 ^ least(tries - 1, 20), %(longest)s) * interval '1 second'
 WHERE id = %(id)s AND status = 'approved' AND retry_at = %(lease)s
"""


def try_later(refund: Refund, note: str) -> None:
    """It is tried again after a pause that doubles each time; `note` says what happened, for staff."""
    pauses = {"pause": PAUSE_SECONDS, "longest": MAX_PAUSE_SECONDS}
    rows(LATER, id=refund.pk, lease=refund.retry_at, note=note[:300], **pauses)
