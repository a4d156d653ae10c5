"""Which refund is sent next, by which process, and when it is tried again (`dropshop.core.leases`).

A refund whose sender died is asked for by another, under the same key.
"""

from datetime import datetime

from dropshop.core.leases import Queue
from reservations.payments.gateways import lease_seconds
from reservations.refunds.models import Refund

PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600
_queue = Queue("{refund}", "status = 'approved'", lease_seconds, PAUSE_SECONDS, MAX_PAUSE_SECONDS, remark="note")


def claim(moment: datetime) -> Refund | None:
    """The refund that was due first at this moment of the database's clock; None where none is.

    Until its lease has run out nobody else gets it.
    """
    pk = _queue.claim(moment)
    return Refund.objects.select_related("purchase").defer("purchase__address").get(pk=pk) if pk else None


def try_later(refund: Refund, note: str) -> None:
    """It is tried again after a pause that doubles each time; `note` says what happened, for staff."""
    _queue.try_later(refund, note[:300])
