"""What a member can do on a drop at this moment: the facts of `_buy_box.html`, the same for first page, answer and swap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

from drops.listings import DropListing, listings_of
from drops.models import Drop, Mode, Phase
from dropshop.core.clock import database_time
from dropshop.core.members import Member, Viewer, signed_in
from reservations.addresses.lines import LINES
from reservations.addresses.models import SavedAddress
from reservations.addresses.saved import addresses_of
from reservations.charges.calculate import Charges
from reservations.checkout import messages
from reservations.checkout.costs import HoldRoom, ShownCosts, collecting_costs, room_for, shown_costs
from reservations.checkout.messages import Message, lapsed_message
from reservations.draws.presenter import EntryBox, entry_box
from reservations.holds.models import Reservation
from reservations.passes import requirements, tokens
from reservations.passes.giving import give_pass
from reservations.payment_methods.models import SavedMethod
from reservations.payment_methods.saved import ready_methods_of
from reservations.payments.gateways import PaymentMethod, gateway
from reservations.payments.models import Payment
from reservations.purchases.models import PickupPlace, Purchase
from reservations.purchases.pickup import sent_to
from reservations.queue.presenter import QueueBox, queue_box
from reservations.queue.turn import TURN

LAPSE_SHOWN_FOR = timedelta(minutes=2)  # how long the page says that a hold has run out


@dataclass
class BuyBox:
    """`kind`: hold, bought, visitor, queue, draw or pick. `page`: the drop's or the checkout's. `given`: what was typed and
    refused.

    `ticket`: the pass with which the page reserves when the drop opens; `lacks`: what the member still needs to get one.
    """

    listing: DropListing
    kind: str
    page: str = "drop"
    hold: Reservation | None = None
    purchase: Purchase | None = None
    notice: Message | None = None
    ticket: tokens.IssuedPass | None = None
    lacks: list[requirements.MissingRequirement] = field(default_factory=list)
    queue: QueueBox | None = None  # of a drop with a queue: the member's place in it
    entry: EntryBox | None = None  # of a drop with a draw: the member's entry
    given: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    seconds: int = 0
    payment: Payment | None = None  # the newest for this hold
    key: str = field(default_factory=lambda: uuid4().hex)
    keeps: bool = False  # whether "keep both for next time" is ticked

    @property
    def drop(self) -> Drop:
        return self.listing.drop

    @property
    def refusals(self) -> dict[str, Any]:
        """What the page's script says when the API refuses a pair."""
        return messages.for_the_page()

    @property
    def payment_template(self) -> str:
        """Where the provider lets shoppers choose how to pay."""
        return gateway().template

    @property
    def methods(self) -> Sequence[PaymentMethod]:
        return gateway().methods()

    @cached_property
    def addresses(self) -> Sequence[SavedAddress]:
        """Those that the holder has saved."""
        return [*addresses_of(self.hold.member)] if self.hold else []

    @cached_property
    def saved_methods(self) -> Sequence[SavedMethod]:
        """The cards that the holder has saved, and that pay."""
        return [*ready_methods_of(self.hold.member)] if self.hold else []

    @property
    def chosen_address(self) -> SavedAddress | None:
        """The one that was sent before, or that is filled in; None where the lines are."""
        sent = self.given.get("saved_address")
        if sent is not None:
            return next((each for each in self.addresses if str(each.pk) == sent), None)
        lines = {line: self.given.get(line) for line in LINES}
        return next((each for each in self.addresses if each.lines == lines), None)

    @property
    def chosen_saved_method(self) -> SavedMethod | None:
        """The saved card that was sent before, or that is used first; None where another card was chosen, or none is saved."""
        sent = self.given.get("payment_method")
        if sent is not None:
            return next((each for each in self.saved_methods if sent in (str(each.pk), each.token)), None)
        return next(iter(self.saved_methods), None)

    @property
    def chosen_method(self) -> PaymentMethod | None:
        """The one that was sent before, or the first; None where a saved card is chosen, or the provider asks by a form of its
        own."""
        if self.chosen_saved_method is not None:
            return None
        sent = self.given.get("payment_method")
        return next((method for method in self.methods if method.token == sent), next(iter(self.methods), None))

    @property
    def chosen_card(self) -> str:
        """What is paid with, in words; "" while nobody knows."""
        saved = self.chosen_saved_method
        return str(saved) if saved else self.chosen_method.name if self.chosen_method else ""

    @property
    def is_ready(self) -> bool:
        """Address and card are saved: one click buys."""
        return self.chosen_address is not None and self.chosen_saved_method is not None

    @property
    def has_address(self) -> bool:
        return bool(self.given.get("name") and self.given.get("city")) and not self.errors

    @property
    def is_new(self) -> bool:
        """Nothing is known of where the pair goes: the form asks for it line by line."""
        return not self.addresses and not self.has_address

    @cached_property
    def costs(self) -> ShownCosts | None:
        """Of the hold, at the address that is filled in."""
        return shown_costs(self.hold, self.given) if self.hold else None

    @property
    def room(self) -> HoldRoom:
        """What a hold on this drop would show beside the parts that every hold has."""
        return room_for(self.drop)

    @property
    def places(self) -> Iterable[tuple[PickupPlace, Charges]]:
        """Where the pair can be collected instead, and what it costs then."""
        return collecting_costs(self.hold) if self.hold else ()

    @property
    def waits(self) -> bool:
        """There is a payment whose answer the pair waits for (H5): the bank's, or the shopper's own at the bank."""
        return bool(self.hold and self.hold.pinned_until)

    @property
    def asks(self) -> bool:
        """The bank is being asked, so that the page looks again by itself: we do not know yet (M6)."""
        payment = self.payment
        looks = payment is not None and payment.status == Payment.Status.CONFIRMING and payment.retry_at is not None
        return self.waits and payment is not None and (payment.status == Payment.Status.STARTED or looks)


def buy_box_for(
    drop: Drop, *, viewer: Viewer, session: str | None = None, listing: DropListing | None = None, page: str = "drop"
) -> BuyBox:
    """The viewer's standing in the drop.

    `session` is the key of the session the page is asked for with; a pass is issued to it where one is of use.
    """
    listing = listing or listings_of([drop], viewer=viewer)[0]
    member = signed_in(viewer)
    if member is None:
        return BuyBox(listing, "visitor", page)
    moment = database_time()
    last = member.reservations.filter(drop=drop).select_related("size", "drop").order_by("-created_at").first()
    if last and last.status == Reservation.Status.ACTIVE and not last.is_overdue(moment):
        seconds = max(0, int((last.lapses_at - moment).total_seconds()))
        return _holding(BuyBox(listing, "hold", page, hold=last, seconds=seconds), member)
    bought = list(member.purchases.filter(drop=drop).exclude(status__in=Purchase.ENDED).select_related("size")[:100])
    if len(bought) >= drop.limit_per_member:
        return BuyBox(listing, "bought", page, purchase=bought[0])
    decision = BuyBox(listing, "pick", page)
    if page == "drop" and listing.phase in (Phase.UPCOMING, Phase.LIVE):
        decision.lacks = requirements.missing_requirements(member, drop)
        if session and not decision.lacks:
            decision.ticket = give_pass(member, drop, session, at=moment)
    if page == "drop" and drop.mode == Mode.DRAW:
        _drawing(decision, member)
    if page == "drop" and drop.mode == Mode.QUEUE:
        _queueing(decision, member)
    if last and _ran_out(last, moment):
        decision.notice = lapsed_message(last, money(last))
    return decision


def _drawing(decision: BuyBox, member: Member) -> None:
    """With the member's entry; where nothing else is missing the page is about that."""
    decision.lacks = [lack for lack in decision.lacks if lack.name != "draw"]
    if not decision.lacks:
        decision.kind = "draw"
        decision.entry = entry_box(member, decision.drop, [size.label for size in decision.listing.sizes])


def _queueing(decision: BuyBox, member: Member) -> None:
    """With the member's place; where all they lack is their turn the page is about that."""
    decision.queue = queue_box(member, decision.drop, [size.label for size in decision.listing.sizes])
    decision.lacks = [lack for lack in decision.lacks if lack.name != TURN]
    if decision.ticket is None and not decision.lacks and not (decision.listing.is_over and not decision.queue.facts):
        decision.kind = "queue"


def _holding(decision: BuyBox, member: Member) -> BuyBox:
    """With what is known of the member's last payment: where the pair goes, and how it stands with the bank."""
    newest = _last_payment(member)
    first = next(iter(decision.addresses), None)
    decision.given = dict(first.lines) if first else _sent_to(newest) if newest else {}
    if newest is not None and decision.hold is not None and newest.reservation_id == decision.hold.pk:
        decision.payment = newest
        is_open = newest.status in Payment.OPEN  # then another card would be another payment
        decision.given = _sent_to(newest) | ({"payment_method": newest.method} if is_open else {})
        if newest.status == Payment.Status.DECLINED:
            decision.notice = messages.declined(newest.note)
    return decision


def money(hold: Reservation) -> str:
    """What is known of the money of a hold without a sale: "", "voided" or "unsettled", as `messages.MONEY` says it."""
    statuses = set(hold.payments.filter(settled_at=None).values_list("status", flat=True))
    if not statuses:
        return ""
    return "voided" if statuses == {Payment.Status.VOIDED} else "unsettled"


def _ran_out(last: Reservation, moment: Any) -> bool:
    lapsed_now = last.status == Reservation.Status.EXPIRED or last.is_overdue(moment)
    return lapsed_now and moment - last.lapses_at < LAPSE_SHOWN_FOR


def last_address(member: Member) -> dict[str, str]:
    """Where the member's last pair went, or was to go; {} before the first."""
    newest = _last_payment(member)
    return _sent_to(newest) if newest else {}


def _sent_to(payment: Payment) -> dict[str, str]:
    """Where its pair goes: the order knows better, for its shopper may have changed the address."""
    order: Purchase | None = getattr(payment.reservation, "purchase", None)
    return sent_to((order or payment).address or {})


def _last_payment(member: Member) -> Payment | None:
    payments = Payment.objects.filter(reservation__member=member).select_related("reservation__purchase")
    return payments.order_by("-created_at").first()
