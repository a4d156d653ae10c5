"""Events of money that has gone back: the provider is asked what has, and what the shop did not know of is booked."""

import logging

from reservations.payments.events.models import ProviderEvent
from reservations.payments.events.payments import payment_of
from reservations.payments.fees import report_fee
from reservations.payments.gateways import MoneyBack, TellingGateway, gateway
from reservations.payments.models import Payment
from reservations.refunds.reports import (
    report_chargeback,
    report_chargeback_won,
    report_foreign_chargeback,
    report_refund,
    report_refund_failed,
)

log = logging.getLogger(__name__)


def take_in(event: ProviderEvent) -> bool:
    """Books every refund and chargeback of the event's payment, each once; False where that is no captured payment of ours.

    What cannot be booked holds up nothing else of the payment; then the first such error is raised.
    """
    payment, bank = payment_of(event), gateway()
    if payment is None or payment.status != Payment.Status.CAPTURED or not isinstance(bank, TellingGateway):
        return False
    errors = [error for back in bank.money_back(payment.authorisation) if (error := _try_to_book(payment, back))]
    if errors:
        raise errors[0]
    return True


def _try_to_book(payment: Payment, back: MoneyBack) -> Exception | None:
    try:
        _book(payment, back)
    except Exception as error:  # whatever it is, the event is tried again for it
        log.exception("money back not booked", extra={"payment": str(payment.pk), "reference": back.reference})
        return error
    return None


def _book(payment: Payment, back: MoneyBack) -> None:
    for fee in back.fees:
        report_fee(payment, fee)
    if not back.is_chargeback:
        if back.is_ours:
            report_refund_failed(payment, back.money, reference=back.reference, key=back.key, why=back.why)
        else:
            report_refund(payment, back.money, reference=back.reference, key=back.key)
        return
    if money := back.in_currency(payment.currency):
        report_chargeback(payment, money, reference=back.reference)
    else:
        report_foreign_chargeback(payment, back.money, reference=back.reference)
    if back.is_ours:
        report_chargeback_won(back.reference)
