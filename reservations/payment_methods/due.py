"""Which card the provider is asked about next, by which process, and when again (`dropshop.core.leases`)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from dropshop.core.leases import Queue, sql
from dropshop.core.sql import rows
from reservations.payment_methods.models import SavedMethod
from reservations.payments.gateways import gateway, lease_seconds

PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600
CONFIRMED_WITHIN = timedelta(hours=1)  # a card whose member does not come back from the bank for so long is given up
WAITING = "status IN ('setting_up', 'confirming', 'removing')"
_queue = Queue("{savedmethod}", WAITING, lease_seconds, PAUSE_SECONDS, MAX_PAUSE_SECONDS, remark="note")

# A card that a payment is under way with stays until that has come to an end.
FREE = """
provider = '%s' AND NOT (status = 'removing' AND EXISTS (
    SELECT FROM {payment} AS payment JOIN {reservation} AS hold ON hold.id = payment.reservation_id
     WHERE payment.settled_at IS NULL AND payment.method = {savedmethod}.token AND hold.member_id = {savedmethod}.member_id))
"""
THIS = """
UPDATE {savedmethod} SET {CLAIMED}
 WHERE id = %(id)s AND status IN ('setting_up', 'confirming') AND (tries = 0 OR retry_at <= clock_timestamp()) RETURNING id
"""


def claim(moment: datetime) -> SavedMethod | None:
    """The card that was due first at this moment of the database's clock; None where none is.

    Until its lease has run out nobody else gets it.
    """
    return _read(_queue.claim(moment, FREE % gateway().name))


def claim_this(method: SavedMethod) -> SavedMethod | None:
    """This card, where its set-up waits and nobody is at it."""
    claimed = rows(sql(THIS), id=method.pk, lease=lease_seconds())
    return _read(claimed[0][0]) if claimed else None


def _read(pk: Any) -> SavedMethod | None:
    return SavedMethod.objects.select_related("member").get(pk=pk) if pk else None


def try_later(method: SavedMethod, note: str) -> None:
    """It is tried again after a pause that doubles each time."""
    _queue.try_later(method, note[:300])


def wait_for_member(method: SavedMethod, *, reference: str, url: str) -> None:
    """Nothing is due before the member comes back from the bank, or has not come for long."""
    SavedMethod.objects.filter(pk=method.pk, status__in=SavedMethod.PENDING).update(
        status=SavedMethod.Status.CONFIRMING, reference=reference, confirm_url=url, tries=0, retry_at=Now() + CONFIRMED_WITHIN
    )
