"""The step of buying that decides: under the lock, what the provider answered becomes a sale, a refusal or a void (M1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from drops.models import Size
from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core import live
from dropshop.core.errors import ConcurrentUpdate, DropshopError
from dropshop.core.sql import as_read
from dropshop.core.transactions import after_commit, retrying
from reservations.addresses.place_hash import place_hashes
from reservations.holds.errors import LimitReached
from reservations.holds.lifecycle import END, lock_holds, note_ended
from reservations.holds.models import Reservation
from reservations.holds.pins import publish_changed_sizes, unpin
from reservations.payments import news
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined, PaymentUnderWay
from reservations.payments.gateways import Authorised, ConfirmationNeeded, Declined
from reservations.payments.models import Payment
from reservations.payments.provider import NotAsked
from reservations.purchases.address_limit import PlacesTaken, Wish
from reservations.purchases.attempts import PurchaseAttempt, PurchaseResult
from reservations.purchases.facts import sales_facts
from reservations.purchases.keyed import keep_decided
from reservations.purchases.models import Purchase
from reservations.purchases.payment_states import MOVE_PAYMENTS, PAYMENTS, PaymentState, move_values, states_of

Status = Payment.Status
CHARGES = (
    "shipping",
    "tax",
    "tax_name",
    "tax_percent",
    "tax_included",
    "least_days",
    "most_days",
)  # a purchase keeps those of its payment
ADDRESS = Payment._meta.get_field("address")
seal = Purchase._meta.get_field("address").get_prep_value


@retrying
def decide_each(attempts: Sequence[PurchaseAttempt]) -> None:
    """Carries out what the bank said of all attempts in one transaction, as if it had said so one by one.

    Under the lock the hold still stands, and becomes the attempt's `sale`; or it does not, and the attempt has its `refusal`,
    where money was set aside, or its `answer`. What was authorised and is not sold is voided by the same commit; telling the
    provider (`payments.provider.void`) comes after it. Raises ConcurrentUpdate, and has changed nothing, where something was
    moved past the locks.
    """
    if not attempts:
        return
    addresses = _addresses(attempts)  # before the locks: nobody need wait for it
    with transaction.atomic():
        holds, moment, payments = lock_holds({attempt.payment.reservation_id for attempt in attempts}, beside=PAYMENTS)
        deciding = _Deciding(holds, moment, states_of(payments), attempts, addresses)
        decisions = [deciding.decide(attempt) for attempt in attempts]
        deciding.write()
        decisions = keep_decided(attempts, decisions, deciding.under_way())
        live.publish_on_commit(*deciding.news(attempts, decisions))
    for attempt, decision in zip(attempts, decisions, strict=True):
        deciding.stored[attempt.payment.pk].show_on(attempt.payment)
        if isinstance(decision, PurchaseResult):
            attempt.sale, attempt.payment.sale = decision, decision.purchase
        elif isinstance(attempt.outcome, Authorised):
            attempt.refusal = decision
        else:
            attempt.answer = decision


class _Destination(NamedTuple):
    """An address: open, sealed for its purchase, and the hashes of the place that it means."""

    address: Any
    sealed: str | None
    places: list[str]


def _addresses(attempts: Sequence[PurchaseAttempt]) -> dict[str, _Destination]:
    """Those that this process has written itself, by the sealed text of their payments."""
    sales = [attempt.payment for attempt in attempts if isinstance(attempt.outcome, Authorised)]
    return {
        payment.sealed: _Destination(payment.address, seal(payment.address), payment.places or [])
        for payment in sales
        if payment.sealed
    }


def _opened(sealed: str) -> _Destination:
    """The same for an address that another process, or a later request, has written."""
    address = ADDRESS.from_db_value(sealed, None, connection)
    return _Destination(address, seal(address), place_hashes(address))


class _Sale(NamedTuple):
    """A purchase to be stored, its address sealed."""

    purchase: Purchase
    payment: UUID
    sealed: str | None


class _Deciding:
    """A batch in the making; the holds and their sizes are locked, and `moment` and the payments were read after that (S3)."""

    def __init__(
        self,
        holds: dict[UUID, Reservation],
        moment: datetime,
        stored: dict[UUID, PaymentState],
        attempts: Sequence[PurchaseAttempt],
        addresses: dict[str, _Destination],
    ) -> None:
        self.holds, self.moment, self.stored = holds, moment, stored
        # Of these alone: nobody need open the address of another, or lock its place; and it may be forgotten.
        sales = [each.payment for each in attempts if isinstance(each.outcome, Authorised) and not self._refusal(each.payment)]
        sealed = {payment.pk: self.stored[payment.pk].sealed for payment in sales}
        self.destinations = {pk: addresses.get(text) or _opened(text) for pk, text in sealed.items()}
        self.places = PlacesTaken([self._wish(payment) for payment in sales], under_way=False)
        self.sold: list[_Sale] = []
        self.unpinned: list[Reservation] = []

    def _refusal(self, payment: Payment) -> DropshopError | None:
        """Why this payment buys nothing, wherever the pair was to go."""
        hold = self.holds[payment.reservation_id]
        if hold.refusal or self.stored[payment.pk].status in Payment.OPEN:
            return hold.refusal
        return PaymentDeclined("This payment was given up before the bank answered.", expires_at=hold.expires_at)

    def _wish(self, payment: Payment) -> Wish:
        hold = self.holds[payment.reservation_id]
        return hold.pk, hold.drop, self.destinations[payment.pk].places

    def decide(self, attempt: PurchaseAttempt) -> PurchaseResult | DropshopError:
        """What this attempt comes to, judged by what was read under the lock and by the attempts before it."""
        hold, stored = self.holds[attempt.payment.reservation_id], self.stored[attempt.payment.pk]
        match attempt.outcome:
            case NotAsked(reason):
                return self._give_up(hold, stored, reason)
            case Declined(reason):
                return self._decline(hold, stored, reason)
            case ConfirmationNeeded(reference, url):
                stored.move(Status.CONFIRMING, authorisation=reference)
                return ConfirmationRequired(confirm_url=url)
            case Authorised(reference):
                return self._sell_or_void(attempt, hold, stored, reference)
        raise TypeError("The bank has not been asked about this attempt.")

    def _decline(self, hold: Reservation, stored: PaymentState, reason: str) -> DropshopError:
        moved = stored.move(Status.DECLINED, note=reason, settled_at=self.moment)
        if moved and hold.status == Reservation.Status.ACTIVE:  # a pin of another payment, begun since, stays
            self.unpinned.append(hold)
        return PaymentDeclined(reason, expires_at=hold.expires_at)

    def _give_up(self, hold: Reservation, stored: PaymentState, reason: str) -> DropshopError:
        """A payment whose turn at the bank has not come ends with its hold, and never before it."""
        if refusal := hold.refusal:
            if not stored.was_asked:
                self._decline(hold, stored, reason)
            return refusal
        if stored.status in Payment.OPEN:
            return PaymentUnderWay()
        return PaymentDeclined(reason, expires_at=hold.expires_at)

    def _sell_or_void(
        self, attempt: PurchaseAttempt, hold: Reservation, stored: PaymentState, reference: str
    ) -> PurchaseResult | DropshopError:
        if hold.status == Reservation.Status.COMPLETED and stored.status in (Status.AUTHORISED, Status.CAPTURED):
            hold.purchase.size = hold.size  # one payment is open per hold: it is this one's sale, by an earlier try or a sweep
            return PurchaseResult(hold.purchase, created=attempt.may_have_sold)
        refusal = self._refusal(attempt.payment) or self.places.refusal(self._wish(attempt.payment))
        if refusal:
            stored.move(Status.VOIDED, authorisation=reference, note=refusal.detail)
            refusal.facts["payment"] = "voided"  # what was set aside goes back
            if stored.moved and isinstance(refusal, LimitReached):  # the pair is still held, for another address
                self.unpinned.append(hold)
            return refusal
        stored.move(Status.AUTHORISED, authorisation=reference)
        destination = self.destinations[attempt.payment.pk]
        purchase = as_read(
            Purchase,
            reservation_id=hold.pk,
            drop_id=hold.drop_id,
            size_id=hold.size_id,
            member_id=hold.member_id,
            price=hold.price,
            currency=hold.currency,
            address=destination.address,
            place_hash=next(iter(destination.places), ""),
            created_at=self.moment,
            **{name: getattr(stored, name) for name in CHARGES},
        )
        purchase.reservation, purchase.drop, purchase.size = hold, hold.drop, hold.size
        hold.status = Reservation.Status.COMPLETED
        self.sold.append(_Sale(purchase, attempt.payment.pk, destination.sealed))
        return PurchaseResult(purchase, created=True)

    def write(self) -> None:
        """Everything that was decided, with as many statements for a hundred attempts as for one."""
        moved = {pk: stored for pk, stored in self.stored.items() if stored.moved}
        shown = unpin(self.unpinned)
        if moved:
            shown -= self._write(moved)
        publish_changed_sizes(shown)

    def under_way(self) -> set[UUID]:
        """The holds for which a payment is still open."""
        return {stored.hold for stored in self.stored.values() if stored.status in Payment.OPEN}

    def news(
        self, attempts: Sequence[PurchaseAttempt], decisions: Sequence[PurchaseResult | DropshopError]
    ) -> list[dict[str, Any]]:
        """What shoppers who have gone are told, written down with the decision."""
        told = []
        for attempt, decision in zip(attempts, decisions, strict=True):
            stored = self.stored[attempt.payment.pk]
            if stored.moved and attempt.is_late:
                attempt.payment.reservation = self.holds[attempt.payment.reservation_id]
                if isinstance(decision, PurchaseResult):
                    told += news.sold(attempt.payment, decision.purchase)
                elif stored.status == Status.DECLINED:
                    told += news.declined(attempt.payment, stored.note)
        return told

    def _write(self, moved: dict[UUID, PaymentState]) -> set[Size]:
        """The payments are moved, and the holds of those that are sold become purchases; the sizes whose stock moved."""
        purchases = [sale.purchase for sale in self.sold]
        holds = [purchase.reservation for purchase in purchases]
        sizes, (payments, ended, _) = counters.sell_ended(
            {hold.size_id: hold.size for hold in holds},
            SALE,
            ended="ended",
            **move_values(moved),
            status=Reservation.Status.COMPLETED.value,
            moment=self.moment,
            ended_holds=[hold.pk for hold in holds],
            ids=[purchase.pk for purchase in purchases],
            numbers=[purchase.number for purchase in purchases],
            payments=[sale.payment for sale in self.sold],
            addresses=[sale.sealed for sale in self.sold],
            places=[purchase.place_hash for purchase in purchases],
        )
        if (payments, ended) != (len(moved), len(holds)):
            raise ConcurrentUpdate
        note_ended(holds, Reservation.Status.COMPLETED, self.moment)
        publish_stock(sizes)
        if purchases:
            after_commit(publish_sales, purchases)
        return set(sizes)


def publish_sales(purchases: Sequence[Purchase]) -> None:
    """The ticker learns of these sales."""
    live.publish(*sales_facts(purchases))


INSERT_PURCHASES = """
INSERT INTO {purchase} (id, number, reservation_id, drop_id, size_id, member_id, price, currency, status, address,
                        place_hash, created_at, shipping, tax, tax_name, tax_percent, tax_included, least_days, most_days)
SELECT new.id, new.number, hold.id, hold.drop_id, hold.size_id, hold.member_id, hold.price, hold.currency, 'processing',
       new.address, new.place, %(moment)s, payment.shipping, payment.tax, payment.tax_name, payment.tax_percent,
       payment.tax_included, payment.least_days, payment.most_days
  FROM unnest(%(ids)s::uuid[], %(numbers)s::text[], %(payments)s::uuid[], %(addresses)s::text[], %(places)s::text[])
       AS new(id, number, payment, address, place)
  JOIN {payment} AS payment ON payment.id = new.payment
  JOIN {reservation} AS hold ON hold.id = payment.reservation_id
RETURNING id
"""
SALE = {"payments": MOVE_PAYMENTS, "ended": END, "sales": INSERT_PURCHASES}
