"""Handling what the provider has told: each event once, whoever else is at work, and again later where that failed.

An event is claimed (`dropshop.core.leases`). No event is believed: its handler asks the provider what the thing has come to, so
that neither order nor repeats matter.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models.functions import Now

from dropshop.core.clock import database_time
from dropshop.core.hooks import Registry
from dropshop.core.leases import Queue
from dropshop.core.pruning import prune
from dropshop.core.redaction import clean
from dropshop.core.sql import rows
from dropshop.core.sweeps import Sweeps
from reservations.payments.events.models import ProviderEvent
from reservations.payments.gateways import lease_seconds

log = logging.getLogger(__name__)
Status = ProviderEvent.Status

# By the kind of event, as the provider names it: sees to what it tells, and may be called again; False where nothing of ours is
# known (yet) that it tells of. Called in no transaction.
event_handlers: Registry[Callable[[ProviderEvent], bool]] = Registry("reservations.payments.event_handlers")

GIVEN_UP = timedelta(days=1)  # after its arrival: a try that fails then is the last
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 5, 900
_sweeps = Sweeps()

# Only by whoever has the lease still: where it has run out, somebody else is at it.
SETTLE = """
UPDATE {providerevent} SET status = %(status)s, error = %(error)s, retry_at = NULL, settled_at = clock_timestamp()
 WHERE id = %(id)s AND status = 'waiting' AND retry_at = %(lease)s
"""
# Of kinds that have got a rule since they came.
REOPEN = """
UPDATE {providerevent} SET status = 'waiting', retry_at = clock_timestamp(), settled_at = NULL, tries = 0
 WHERE status = 'not_handled' AND kind = ANY(%(kinds)s)
"""


def store(event: ProviderEvent) -> None:
    """Stores what has come. The same again changes nothing, but that what was given up is tried once more."""
    ProviderEvent.objects.bulk_create([event], ignore_conflicts=True)
    given_up = ProviderEvent.objects.filter(pk=event.pk, status__in=[Status.UNKNOWN, Status.FAILED])
    given_up.update(status=Status.WAITING, retry_at=Now(), settled_at=None)


def handle_due() -> int:
    """Handles what is due; how many events that were. A process has one sweep at once."""
    rows(REOPEN, kinds=event_handlers.names())
    return _sweeps.run(_claim, _handle)


_queue = Queue("{providerevent}", "status = 'waiting'", lease_seconds, PAUSE_SECONDS, MAX_PAUSE_SECONDS)


def _claim(moment: datetime) -> ProviderEvent | None:
    pk = _queue.claim(moment)
    return ProviderEvent.objects.get(pk=pk) if pk else None


def _handle(event: ProviderEvent) -> None:
    if event.kind not in event_handlers.names():
        _settle(event, Status.NOT_HANDLED)
        return
    try:
        known = event_handlers[event.kind](event)
    except Exception as error:  # of any room's handler: one event holds no other up, and is tried again
        log.exception("event not handled", extra={"event": event.pk, "kind": event.kind})
        _try_later(event, Status.FAILED, f"{type(error).__name__}: {error}")
        return
    if known:
        _settle(event, Status.HANDLED)
    else:
        _try_later(event, Status.UNKNOWN, "There is no such payment.")


def _settle(event: ProviderEvent, status: Status, error: str = "") -> None:
    rows(SETTLE, id=event.pk, lease=event.retry_at, status=status.value, error=error)


def _try_later(event: ProviderEvent, at_last: Status, error: str) -> None:
    error = " ".join(clean(error).split())[:300]
    if database_time() - event.received_at >= GIVEN_UP:
        _settle(event, at_last, error)
    else:
        _queue.try_later(event, error)


def forget_old(moment: datetime) -> int:
    """Deletes what was handled, or set aside, before this moment; how many events those were."""
    settled = ProviderEvent.objects.exclude(status=Status.WAITING).filter(settled_at__lt=moment)
    return prune(settled.order_by("settled_at"))
