"""The first step of buying: decides who may pay, pins their holds and stores that the provider will be asked (H5, M1).

A Payment row is there before the provider hears of it, so that whatever happens to this process, `purchases.reconcile_open` can
finish what was begun or undo it (M2).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.sql import CompiledQuery, rows
from dropshop.core.transactions import after_commit, retrying
from reservations.charges.calculate import Charges, Tariff
from reservations.charges.errors import TotalChanged
from reservations.charges.facts import charges_facts
from reservations.charges.tariff import tariff_for
from reservations.holds.lifecycle import lock_holds
from reservations.holds.models import Reservation
from reservations.holds.pins import PIN_SECONDS, pin
from reservations.payments.errors import PaymentUnderWay
from reservations.payments.models import Payment
from reservations.payments.provider import void_soon
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.costs import same_place
from reservations.purchases.models import Purchase

seal = Payment._meta.get_field("address").get_prep_value


# What an intent comes to: a payment to ask the provider about, the purchase where it was bought before, or the refusal.
Begun = Payment | PurchaseResult | DropshopError


@retrying
def begin_each(attempts: Sequence[PurchaseAttempt]) -> None:
    """Decides all attempts in one transaction, as if they had come one right after the other: each has its `payment` then, or
    its `answer`.

    A refusal is NotFound, HoldExpired, AlreadyCancelled, NotShippedThere, TotalChanged, Invalid (the tax depends on a line of
    the address that is missing) or ConcurrentUpdate (another payment for the hold is on its way).
    Two attempts for one hold share their payment. Not to be called in a transaction.
    """
    intents = [attempt.intent for attempt in attempts if attempt.intent]
    if not intents:
        return
    tariff = tariff_for({intent.address["country"] for intent in intents})
    sealed = [seal(intent.address) for intent in intents]  # before the locks: nobody need wait for it
    with transaction.atomic(durable=True):
        holds, moment = lock_holds({intent.reservation_id for intent in intents})
        beginning = _Beginning(holds, moment, tariff)
        begun = [beginning.decide(intent, text) for intent, text in zip(intents, sealed, strict=True)]
        beginning.write()
    for attempt, found in zip(attempts, begun, strict=True):
        if isinstance(found, Payment):
            attempt.payment = found
        else:
            attempt.answer = found


class _Beginning:
    """A batch in the making; the holds and their sizes are locked, and `moment` was read after that (S3)."""

    def __init__(self, holds: dict[UUID, Reservation], moment: datetime, tariff: Tariff) -> None:
        self.holds, self.moment, self.tariff = holds, moment, tariff
        unsold = [hold.pk for hold in holds.values() if hold.status != Reservation.Status.COMPLETED]
        done = [hold.pk for hold in holds.values() if hold.status == Reservation.Status.COMPLETED]
        # Not asked by status: PostgreSQL may read the whole index of all open payments for that.
        payments = list(_of(unsold))
        self.going = {payment.reservation_id: payment for payment in payments if payment.status in Payment.OPEN}
        self.unsettled = {payment.reservation_id for payment in payments if payment.settled_at is None}
        bought = Purchase.objects.filter(reservation__in=done).select_related("size") if done else ()
        self.bought = {purchase.reservation_id: PurchaseResult(purchase, created=False) for purchase in bought}
        self.new: dict[UUID, Payment] = {}
        self.changed: dict[UUID, Payment] = {}

    def decide(self, intent: PurchaseIntent, sealed: str | None) -> Begun:
        """What this intent comes to, judged by what was read under the lock and by the intents before it.

        `sealed`: its address, as it is stored.
        """
        hold = self.holds.get(intent.reservation_id)
        if hold is None or hold.member_id != intent.member_id or intent.drop_id not in (None, hold.drop_id):
            return NotFound("You have no such reservation.")
        if hold.pk in self.bought:
            return self.bought[hold.pk]
        if refusal := hold.refusal:
            if hold.pk in self.unsettled:
                refusal.facts["payment"] = "unsettled"  # the shop does not know yet, or has not yet given it back (M6)
            return refusal
        # For the same country and state, rates that staff have changed since the payment was begun do not count.
        going, charges = self.going.get(hold.pk), self._charges(intent, hold)
        if (
            going
            and going.method == intent.method
            and (going.charges == charges or same_place(going.address or {}, intent.address))
        ):
            return self._mean(going, intent, sealed)
        if going and going.status != Payment.Status.CONFIRMING:
            return PaymentUnderWay()
        if isinstance(charges, DropshopError):
            return charges
        if intent.total not in (None, charges.total):
            return TotalChanged(total=charges.total.facts, **charges_facts(charges))
        if going:  # its confirmation is open, and it ends here, whatever the bank still says of it
            going.move(Payment.Status.VOIDED, note="Another payment method, or another address, was chosen.")
            after_commit(void_soon, going)
        return self._draft(intent, hold, sealed, charges)

    def _charges(self, intent: PurchaseIntent, hold: Reservation) -> Charges | DropshopError:
        try:
            return self.tariff.charges(hold.money, hold.drop.weight, intent.address)
        except DropshopError as refusal:
            return refusal

    def _draft(self, intent: PurchaseIntent, hold: Reservation, sealed: str | None, charges: Charges) -> Payment:
        payment = Payment(
            id=intent.payment_id,
            reservation=hold,
            method=intent.method,
            amount=charges.total.minor,
            currency=hold.currency,
            address=intent.address,
            created_at=self.moment,
            asked=not intent.waits,
        )
        payment.freeze(charges)
        payment.sealed = sealed
        self.going[hold.pk] = self.new[hold.pk] = payment
        return payment

    def _mean(self, going: Payment, intent: PurchaseIntent, sealed: str | None) -> Payment:
        """The same payment again, or still; its newest address is the one that was meant."""
        going.address, going.sealed, going.reservation = intent.address, sealed, self.holds[intent.reservation_id]
        if going.reservation_id not in self.new:
            self.changed[going.pk] = going
        return going

    def write(self) -> None:
        """Stores the new payments and pins their holds; what the screens show of a pinned hold's size changes with it."""
        if self.changed:
            changes = self.changed.values()
            rows(UPDATE_ADDRESSES, ids=[payment.pk for payment in changes], addresses=[payment.sealed for payment in changes])
        new = self.new.values()
        if not new:
            return
        rows(
            INSERT_PAYMENTS,
            ids=[payment.pk for payment in new],
            holds=[payment.reservation_id for payment in new],
            methods=[payment.method for payment in new],
            addresses=[payment.sealed for payment in new],
            asked=[payment.asked for payment in new],
            amounts=[payment.amount for payment in new],
            shippings=[payment.shipping for payment in new],
            taxes=[payment.tax for payment in new],
            tax_names=[payment.tax_name for payment in new],
            tax_percents=[payment.tax_percent for payment in new],
            included=[payment.tax_included for payment in new],
            moment=self.moment,
            pin=timedelta(seconds=PIN_SECONDS),
        )
        for payment in new:
            payment._state.adding, payment._state.db = False, connection.alias
        pin([payment.reservation for payment in new])


_of = CompiledQuery(lambda holds: Payment.objects.filter(reservation__among=holds).defer("address").order_by())
UPDATE_ADDRESSES = """
UPDATE {payment} AS payment SET address = new.address
  FROM unnest(%(ids)s::uuid[], %(addresses)s::text[]) AS new(id, address) WHERE payment.id = new.id
"""
# Whoever waits for a turn at the bank is left alone until the pin runs out: then nothing can come of the payment any more.
INSERT_PAYMENTS = """
INSERT INTO {payment} (id, reservation_id, method, amount, currency, address, status, authorisation, note, created_at, asked,
                       shipping, tax, tax_name, tax_percent, tax_included, retry_at, tries)
SELECT new.id, hold.id, new.method, new.amount, hold.currency, new.address, 'started', '', '', %(moment)s, new.asked,
       new.shipping, new.tax, new.tax_name, new.tax_percent, new.tax_included,
       CASE WHEN new.asked THEN NULL ELSE hold.expires_at + %(pin)s END, 0
  FROM unnest(%(ids)s::uuid[], %(holds)s::uuid[], %(methods)s::text[], %(addresses)s::text[], %(asked)s::boolean[],
              %(amounts)s::bigint[], %(shippings)s::bigint[], %(taxes)s::bigint[], %(tax_names)s::text[],
              %(tax_percents)s::numeric[], %(included)s::boolean[])
       AS new(id, hold, method, address, asked, amount, shipping, tax, tax_name, tax_percent, tax_included)
  JOIN {reservation} AS hold ON hold.id = new.hold
"""
