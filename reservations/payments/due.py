"""Which unsettled payment is checked next, by which process, and when it is checked again.

A look is claimed (`dropshop.core.leases`), so that no payment is looked at twice at once. One that settles nothing is repeated
later and later, so that a few payments that cannot be settled never keep the others waiting.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import cycle

from django.conf import settings
from django.db import transaction

from dropshop.core.errors import DropshopError
from dropshop.core.leases import sql
from dropshop.core.sql import rows
from dropshop.core.sweeps import Sweeps, log_failure
from reservations.payments import news
from reservations.payments.gateways import lease_seconds
from reservations.payments.models import Payment

log = logging.getLogger(__name__)

GRACE = 5  # seconds after the provider's time-out: so long a process may still be at work on a payment
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 5, 300  # 10 s between the second and the third look, doubling from then on up to the longest
_sweeps = Sweeps(at_once=2)

# A confirmation is waited for until its hold runs out, or until its shopper comes back (`look_soon`).
DUE = """
SELECT payment.id FROM {payment} AS payment
 WHERE payment.settled_at IS NULL
   AND (payment.retry_at <= %(moment)s
        OR (payment.retry_at IS NULL AND payment.created_at <= %(moment)s - %(grace)s * interval '1 second'
            AND NOT (payment.status = 'confirming' AND EXISTS (
                SELECT FROM {reservation} AS hold WHERE hold.id = payment.reservation_id
                   AND hold.status = 'active' AND hold.expires_at > %(moment)s))))
"""
OLDEST = DUE + " ORDER BY coalesce(payment.retry_at, payment.created_at) {FIRST}"
NEWEST = DUE + " AND payment.tries = 0 ORDER BY payment.created_at DESC {FIRST}"
CLAIM = "UPDATE {payment} SET {CLAIMED} WHERE id = ({due}) RETURNING id"


def claim(moment: datetime, *, newest: bool) -> Payment | None:
    """The payment that was due first at this moment of the database's clock; `newest`: of those that nobody has looked at yet,
    the newest, so that whoever pays now never waits for an old backlog. None where none is due.

    Until its lease has run out nobody else gets it.
    """
    statement = sql(CLAIM, {"{due}": NEWEST if newest else OLDEST})
    claimed = rows(statement, moment=moment, grace=settings.PAYMENT_TIMEOUT + GRACE, lease=lease_seconds())
    return Payment.objects.select_related("reservation").get(pk=claimed[0][0]) if claimed else None


THIS = """
UPDATE {payment} SET {CLAIMED}
 WHERE id = %(id)s AND settled_at IS NULL AND (retry_at IS NULL OR retry_at <= clock_timestamp()) RETURNING id
"""


def claim_this(payment: Payment) -> bool:
    """Whether nobody looks at this payment, which is then claimed."""
    return bool(rows(sql(THIS), id=payment.pk, lease=lease_seconds()))


# The first look that settled nothing is repeated by the next sweep; the pauses begin with the second.
AGAIN = """
UPDATE {payment} SET retry_at = CASE WHEN tries < 2 THEN clock_timestamp() ELSE {LATER} END
 WHERE id = %(id)s AND settled_at IS NULL AND retry_at IS NOT NULL
RETURNING status = 'started' AND asked AND tries = 1
"""


def look_again(payment: Payment) -> None:
    """This look is over; where it settled nothing, the next one comes after a pause that doubles each time.

    Where the first look did not learn what the bank has done, its shopper is told so (M6).
    """
    with transaction.atomic():
        if rows(sql(AGAIN), id=payment.pk, pause=PAUSE_SECONDS, longest=MAX_PAUSE_SECONDS) == [(True,)]:
            news.unknown(payment)


SOON = "UPDATE {payment} SET retry_at = clock_timestamp() WHERE id = %(id)s AND settled_at IS NULL AND retry_at IS NULL"


def look_soon(payment: Payment) -> None:
    """The next sweep looks at it, unless somebody is looking now: its shopper has come back from the bank."""
    rows(SOON, id=payment.pk)


def wait_for_shopper(payment: Payment) -> None:
    """No look is due before its shopper comes back from the bank, or its hold runs out."""
    Payment.objects.filter(pk=payment.pk, status=Payment.Status.CONFIRMING).update(retry_at=None, tries=0)


TURN = """
UPDATE {payment} AS payment SET asked = true, retry_at = clock_timestamp() + %(seconds)s * interval '1 second'
  FROM {reservation} AS hold
 WHERE payment.id = %(id)s AND hold.id = payment.reservation_id AND payment.status IN ('started', 'confirming')
   AND hold.status = 'active' AND greatest(hold.expires_at, hold.pinned_until) > clock_timestamp()
RETURNING payment.id
"""


def take_turn(payment: Payment) -> bool:
    """The payment's turn at the bank has come, which is asked now; False where it was given up meanwhile, or its hold is over.

    From now on nobody calls it off before the bank's time is over.
    """
    came = bool(rows(TURN, id=payment.pk, seconds=settings.PAYMENT_TIMEOUT + GRACE))
    payment.asked = payment.asked or came
    return came


REFERENCE = """
UPDATE {payment} SET authorisation = %(reference)s
 WHERE id = %(id)s AND status IN ('started', 'confirming') AND authorisation IN ('', %(reference)s) RETURNING id
"""


def note_reference(payment: Payment, reference: str) -> bool:
    """Stores what the bank calls this payment, before it moves any money; False where the payment was given up meanwhile."""
    stored = bool(rows(REFERENCE, id=payment.pk, reference=reference))
    payment.authorisation = reference if stored else payment.authorisation
    return stored


def sweep(settle: Callable[[Payment], object]) -> int:
    """Looks at what is due, by `settle`; how many payments that were.

    Those that a process may still be working on are left alone, each is looked at by one sweep at a time, and one that cannot
    be settled does not keep the others waiting: newest and oldest are taken by turns, until none is due or the sweep has had
    its time. A process has two sweeps at once at most.
    """
    newest_is_next = cycle((True, False))

    def claim_by_turns(moment: datetime) -> Payment | None:
        return (claim(moment, newest=True) if next(newest_is_next) else None) or claim(moment, newest=False)

    return _sweeps.run(claim_by_turns, partial(_look, settle))


def _look(settle: Callable[[Payment], object], payment: Payment) -> None:
    with log_failure("not settled", payment=str(payment.pk)):
        try:
            settle(payment)
        except DropshopError as refusal:
            log.info("settled", extra={"payment": str(payment.pk), "outcome": refusal.code})
    look_again(payment)
