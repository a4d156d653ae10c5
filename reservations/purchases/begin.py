"""The first step of buying: decides who may pay, pins their holds and stores that the provider will be asked (H5, M1).

A Payment row is there before the provider hears of it, so that whatever happens to this process, `purchases.reconcile_open` can
finish what was begun or undo it (M2).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.sql import as_read, rows
from dropshop.core.transactions import after_commit, retrying
from reservations.addresses.place_hash import place_hashes
from reservations.charges.calculate import Charges, Tariff
from reservations.charges.errors import TotalChanged
from reservations.charges.facts import charges_facts
from reservations.charges.tariff import tariff_for
from reservations.holds import pins
from reservations.holds.lifecycle import lock_holds
from reservations.holds.models import Reservation
from reservations.idempotency.key_batch import KeyBatch
from reservations.idempotency.keys import RequestKey
from reservations.payments.errors import PaymentUnderWay
from reservations.payments.models import Payment
from reservations.payments.provider import void_soon
from reservations.purchases.address_limit import PlacesTaken, Wish
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent, PurchaseResult
from reservations.purchases.costs import require_payable, same_place
from reservations.purchases.keyed import keep_bought, refusal_of
from reservations.purchases.models import Purchase

seal = Payment._meta.get_field("address").get_prep_value


# What an intent comes to: a payment to ask the provider about, the purchase where it was bought before, or the refusal.
Begun = Payment | PurchaseResult | DropshopError


@retrying
def begin_each(attempts: Sequence[PurchaseAttempt]) -> None:
    """Decides all attempts in one transaction, as if they had come one right after the other: each has its `payment` then, or
    its `answer`.

    A refusal is NotFound, HoldExpired, AlreadyCancelled, NotShippedThere, AmountNotTaken, TotalChanged, Invalid (the tax
    depends on a line of the address that is missing), LimitReached (of the address), ConcurrentUpdate (another payment is
    under way), IdempotencyMismatch or KeyInUse.
    Two attempts for one hold share their payment. Not to be called in a transaction.
    """
    intents = [attempt.intent for attempt in attempts if attempt.intent]
    if not intents:
        return
    tariff = tariff_for({intent.address["country"] for intent in intents})
    sealed = [seal(intent.address) for intent in intents]  # before the locks: nobody need wait for it
    places = [place_hashes(intent.address) for intent in intents]
    with transaction.atomic(durable=True):
        holds, moment, read = lock_holds({intent.reservation_id for intent in intents}, beside=PAYMENTS)
        payments = [Payment.from_db(connection.alias, PAYMENT_COLUMNS, columns) for columns in read]
        keys = KeyBatch(attempt.key for attempt in attempts if attempt.key)
        wanted = [_Wanted(*each) for each in zip(intents, sealed, places, [attempt.key for attempt in attempts], strict=True)]
        beginning = _Beginning(holds, moment, payments, tariff, wanted)
        begun = [beginning.decide_once(each, keys) for each in wanted]
        beginning.write()
        keys.store()
    for attempt, found in zip(attempts, begun, strict=True):
        if isinstance(found, Payment):
            attempt.payment = found
            found.shopper_present = attempt.intent is None or attempt.intent.shopper_present
        else:
            attempt.answer = found


class _Wanted(NamedTuple):
    """An intent; its address as it is stored, the hashes of the place that it means, and the key under which it came."""

    intent: PurchaseIntent
    sealed: str | None
    places: list[str]
    key: RequestKey | None


class _Beginning:
    """A batch in the making; the holds and their sizes are locked, and `moment` and the `payments` of the holds that are not
    sold were read after that (S3)."""

    def __init__(
        self,
        holds: dict[UUID, Reservation],
        moment: datetime,
        payments: Sequence[Payment],
        tariff: Tariff,
        wanted: Sequence[_Wanted],
    ) -> None:
        self.holds, self.moment, self.tariff = holds, moment, tariff
        done = [hold.pk for hold in holds.values() if hold.status == Reservation.Status.COMPLETED]
        self.going = {payment.reservation_id: payment for payment in payments if payment.status in Payment.OPEN}
        self.unsettled = {payment.reservation_id for payment in payments if payment.settled_at is None}
        bought = Purchase.objects.filter(reservation__in=done).select_related("size") if done else ()
        self.bought = {purchase.reservation_id: PurchaseResult(purchase, created=False) for purchase in bought}
        self.places = PlacesTaken(
            [_wish(holds[pk], each) for each in wanted if (pk := each.intent.reservation_id) in holds], under_way=True
        )
        self.new: dict[UUID, Payment] = {}
        self.changed: dict[UUID, Payment] = {}

    def decide_once(self, wanted: _Wanted, keys: KeyBatch) -> Begun:
        """`decide`; but what was answered under its key is told again, and another request refused (H8)."""
        if refusal := refusal_of(keys.recall(wanted.key)):
            return refusal
        begun = self.decide(wanted)
        if isinstance(begun, PurchaseResult):
            return keep_bought(keys, wanted.key, begun)
        if isinstance(begun, Payment):
            keys.claim(wanted.key)
        elif wanted.intent.reservation_id not in self.going:
            keys.free(wanted.key)
        return begun

    def decide(self, wanted: _Wanted) -> Begun:
        """What this intent comes to, judged by what was read under the lock and by the intents before it."""
        intent = wanted.intent
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
            moves = going.place_hash not in wanted.places
            return (self.places.refusal(_wish(hold, wanted)) if moves else None) or self._mean(going, wanted)
        if going and going.status != Payment.Status.CONFIRMING:
            return PaymentUnderWay()
        if isinstance(charges, DropshopError):
            return charges
        if intent.total not in (None, charges.total):
            return TotalChanged(total=charges.total.facts, **charges_facts(charges))
        if refusal := self.places.refusal(_wish(hold, wanted)):
            return refusal
        if going:  # its confirmation is open, and it ends here, whatever the bank still says of it
            going.move(Payment.Status.VOIDED, note="Another payment method, or another address, was chosen.")
            after_commit(void_soon, going)
        return self._draft(wanted, hold, charges)

    def _charges(self, intent: PurchaseIntent, hold: Reservation) -> Charges | DropshopError:
        try:
            return require_payable(self.tariff.charges(hold.money, hold.drop.weight, intent.address))
        except DropshopError as refusal:
            return refusal

    def _draft(self, wanted: _Wanted, hold: Reservation, charges: Charges) -> Payment:
        intent = wanted.intent
        payment = as_read(
            Payment,
            id=intent.payment_id,
            reservation_id=hold.pk,
            method=intent.method,
            amount=charges.total.minor,
            currency=hold.currency,
            address=intent.address,
            created_at=self.moment,
            asked=not intent.waits,
            keeps=intent.keep,
            place_hash=_newest(wanted.places),
        )
        payment.reservation, payment.sealed, payment.places = hold, wanted.sealed, wanted.places
        payment.freeze(charges)
        self.going[hold.pk] = self.new[hold.pk] = payment
        return payment

    def _mean(self, going: Payment, wanted: _Wanted) -> Payment:
        """The same payment again, or still; its newest address is the one that was meant."""
        going.address, going.reservation = wanted.intent.address, self.holds[wanted.intent.reservation_id]
        going.sealed, going.places = wanted.sealed, wanted.places
        if going.reservation_id not in self.new:
            self.changed[going.pk] = going
        return going

    def write(self) -> None:
        """Stores the new payments and pins their holds; what the screens show of a pinned hold's size changes with it."""
        if self.changed:
            changes = self.changed.values()
            rows(
                UPDATE_ADDRESSES,
                ids=[payment.pk for payment in changes],
                addresses=[payment.sealed for payment in changes],
                places=[_newest(payment.places) for payment in changes],
            )
        new = self.new.values()
        if not new:
            return
        sizes = {hold.size_id: hold.size for hold in self.holds.values()}
        changed, _ = counters.bump_changed(
            sizes,
            BEGIN,
            changed="pinned",
            ids=[payment.pk for payment in new],
            holds=[payment.reservation_id for payment in new],
            methods=[payment.method for payment in new],
            addresses=[payment.sealed for payment in new],
            places=[_newest(payment.places) for payment in new],
            asked=[payment.asked for payment in new],
            keeps=[payment.keeps for payment in new],
            amounts=[payment.amount for payment in new],
            shippings=[payment.shipping for payment in new],
            taxes=[payment.tax for payment in new],
            tax_names=[payment.tax_name for payment in new],
            tax_percents=[payment.tax_percent for payment in new],
            included=[payment.tax_included for payment in new],
            least=[payment.least_days for payment in new],
            most=[payment.most_days for payment in new],
            moment=self.moment,
            **pins.pin_values([payment.reservation for payment in new]),
        )
        publish_stock(changed)


def _wish(hold: Reservation, wanted: _Wanted) -> Wish:
    return hold.pk, hold.drop, wanted.places


def _newest(places: Sequence[str] | None) -> str:
    """What is stored of a place's hashes."""
    return places[0] if places else ""


PAYMENT_COLUMNS = [field.attname for field in Payment._meta.concrete_fields if field.attname != "address"]
# Not asked by status: PostgreSQL may read the whole index of all open payments for that.
PAYMENTS = f"""
SELECT {", ".join(PAYMENT_COLUMNS)} FROM {{payment}}
 WHERE reservation_id = hold.id AND hold.status <> 'completed'
"""  # noqa: S608 - the names are the model's columns
UPDATE_ADDRESSES = """
UPDATE {payment} AS payment SET address = new.address, place_hash = new.place
  FROM unnest(%(ids)s::uuid[], %(addresses)s::text[], %(places)s::text[]) AS new(id, address, place) WHERE payment.id = new.id
"""
# Whoever waits for a turn at the bank is left alone until the pin runs out: then nothing can come of the payment any more.
INSERT_PAYMENTS = """
INSERT INTO {payment} (id, reservation_id, method, amount, currency, address, place_hash, status, authorisation, note,
                       created_at, asked, keeps, shipping, tax, tax_name, tax_percent, tax_included, least_days,
                       most_days, retry_at, tries)
SELECT new.id, hold.id, new.method, new.amount, hold.currency, new.address, new.place, 'started', '', '', %(moment)s, new.asked,
       new.keeps, new.shipping, new.tax, new.tax_name, new.tax_percent, new.tax_included, new.least_days,
       new.most_days, CASE WHEN new.asked THEN NULL ELSE hold.expires_at + %(pin)s END, 0
  FROM unnest(%(ids)s::uuid[], %(holds)s::uuid[], %(methods)s::text[], %(addresses)s::text[], %(places)s::text[],
              %(asked)s::boolean[], %(keeps)s::boolean[],
              %(amounts)s::bigint[], %(shippings)s::bigint[], %(taxes)s::bigint[], %(tax_names)s::text[],
              %(tax_percents)s::numeric[], %(included)s::boolean[], %(least)s::smallint[], %(most)s::smallint[])
       AS new(id, hold, method, address, place, asked, keeps, amount, shipping, tax, tax_name, tax_percent, tax_included,
              least_days, most_days)
  JOIN {reservation} AS hold ON hold.id = new.hold
RETURNING id
"""
BEGIN = {"begun": INSERT_PAYMENTS, "pinned": pins.PIN}
