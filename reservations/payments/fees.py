"""What the provider keeps for its work: asked for after the capture, by a worker, and booked once.

A fee is booked as it is: in its own currency, which need not be the payment's (a provider settles in that of the account), and
with its own sign, for a fee may come back. Sums of two currencies are never added.
"""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from dropshop.core.connections import give_back
from dropshop.core.money import EXPONENTS
from dropshop.core.sql import rows
from dropshop.core.sweeps import Sweeps
from reservations.payments.gateways import Fee, FeeGateway, GatewayTimeout, gateway, lease_seconds
from reservations.payments.ledger.transfers import Kind, book_part
from reservations.payments.models import Payment

PAUSE_SECONDS, MAX_PAUSE_SECONDS = 10, 3600  # between two tries: as long as the capture is ago, from the one to the other
GIVEN_UP_DAYS = 30  # after the capture; staff read of it in the log
_sweeps = Sweeps()
log = logging.getLogger(__name__)

CLAIM = """
UPDATE {payment} SET fee_due_at = clock_timestamp() + %(lease)s * interval '1 second'
 WHERE id = (SELECT id FROM {payment} WHERE fee_due_at <= %(moment)s
              ORDER BY fee_due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""
# Only by whoever has the lease still: where it has run out, somebody else is at it.
LATER = """
UPDATE {payment} SET fee_due_at = CASE WHEN settled_at > clock_timestamp() - %(days)s * interval '1 day'
       THEN clock_timestamp() + least(greatest(clock_timestamp() - settled_at, %(pause)s * interval '1 second'),
                                      %(longest)s * interval '1 second') END
 WHERE id = %(id)s AND fee_due_at = %(lease)s
RETURNING fee_due_at
"""


def are_taken() -> bool:
    """Whether this provider keeps fees, and tells them."""
    return fee_gateway() is not None


def fee_gateway() -> FeeGateway | None:
    """The provider, if it keeps fees and tells them."""
    bank = gateway()
    return bank if isinstance(bank, FeeGateway) and bank.takes_fees() else None


def sweep() -> int:
    """Books the fees of captured payments that are due; how many payments were asked about. A process has one sweep at once."""
    bank = fee_gateway()
    return 0 if bank is None else _sweeps.run(_claim, partial(_ask, bank))


def report_fee(payment: Payment, fee: Fee) -> None:
    """Books that the provider has kept so much for its work on this payment. Once per reference; a fee of nought is none.

    A fee in a currency that ISO 4217 does not know is booked as "XXX", its code for no currency: there it is added to no other
    money, and the audit names it until staff know what it is.
    """
    if fee.money.minor:
        if fee.money.currency not in EXPONENTS:
            log.error("fee in an unknown currency", extra={"payment": str(payment.pk), "reference": fee.reference})
        book_part(payment.pk, Kind.FEE, fee.money, cause=f"fee:{fee.reference}")


def _claim(moment: datetime) -> Payment | None:
    claimed = rows(CLAIM, moment=moment, lease=lease_seconds())
    return Payment.objects.defer("address").get(pk=claimed[0][0]) if claimed else None


def _ask(bank: FeeGateway, payment: Payment) -> None:
    give_back()
    try:
        fee = bank.fee(payment.authorisation)
    except GatewayTimeout:
        fee = None
    except Exception:  # whatever the provider's library raises: one fee holds no other up, and is asked for again
        log.exception("fee not read", extra={"payment": str(payment.pk)})
        fee = None
    if fee is None:
        _try_later(payment)
    else:
        _book(payment, fee)


def _book(payment: Payment, fee: Fee) -> None:
    with transaction.atomic():
        report_fee(payment, fee)
        Payment.objects.filter(pk=payment.pk).update(fee_due_at=None)


def _try_later(payment: Payment) -> None:
    pauses = {"pause": PAUSE_SECONDS, "longest": MAX_PAUSE_SECONDS, "days": GIVEN_UP_DAYS}
    if rows(LATER, id=payment.pk, lease=payment.fee_due_at, **pauses) == [(None,)]:
        log.error("fee never told", extra={"payment": str(payment.pk), "reference": payment.authorisation})
