"""What shoppers keep for next time: a worker saves the address and the card of a purchase once its money was taken.

So nothing that fails here can fail a purchase. Where no money was taken nothing is saved, and the provider forgets the card.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from dropshop.core.clock import database_time
from dropshop.core.connections import give_back
from dropshop.core.errors import DropshopError, NotAuthenticated
from dropshop.core.members import Member
from dropshop.core.sweeps import Sweeps
from reservations.addresses import saved as addresses
from reservations.payment_methods import saved as methods
from reservations.payments.gateways import GatewayTimeout, gateway
from reservations.payments.models import Payment

log = logging.getLogger(__name__)

AT_ONCE = 200  # payments of one sweep
TRIED_FOR = timedelta(hours=6)
_sweeps = Sweeps()


def sweep() -> int:
    """Saves what is to be saved, or has it forgotten, the oldest payment first; how many were looked at."""
    due = _due()
    return _sweeps.run(lambda _: next(due, None), _look)


def _due() -> Iterator[Payment]:
    keeping = Payment.objects.filter(keeps=True, settled_at__isnull=False).order_by("settled_at")
    yield from keeping.select_related("reservation__member", "reservation__purchase").defer("address")[:AT_ONCE]


def _look(payment: Payment) -> None:
    """Doing it twice does it once. What cannot be done is tried for some hours."""
    member, is_done = payment.reservation.member, True
    try:
        if payment.status == Payment.Status.CAPTURED and member.is_active:
            _keep(payment, member)
        else:
            _forget(payment, member)
    except NotAuthenticated:  # the account was closed meanwhile: the next look has the card forgotten
        is_done = False
    except DropshopError as refusal:  # as many are saved as may be
        log.info("not kept for next time", extra={"payment": str(payment.pk), "because": refusal.code})
    except Exception as error:  # whatever the provider's library raises: it is asked again
        is_done = payment.settled_at is None or payment.settled_at < database_time() - TRIED_FOR
        expected = isinstance(error, GatewayTimeout)
        log.warning("not kept for next time yet", extra={"payment": str(payment.pk)}, exc_info=None if expected else error)
    if is_done:
        Payment.objects.filter(pk=payment.pk).update(keeps=False)


def _keep(payment: Payment, member: Member) -> None:
    if not methods.is_saved(member, payment.method):
        give_back()
        card = gateway().kept_card(payment.authorisation)
        if card is not None:
            methods.keep(member, card.token, card.card)
    sent_to: Any = payment.reservation.purchase.address or {}
    if sent_to and "pickup" not in sent_to:
        addresses.keep(member, sent_to)


def _forget(payment: Payment, member: Member) -> None:
    """The card of a payment that took no money, or of a member who has left."""
    if not payment.authorisation or methods.is_saved(member, payment.method):
        return
    give_back()
    card = gateway().kept_card(payment.authorisation)
    if card is not None and card.token != payment.method:
        gateway().forget_card(token=card.token, reference="")
