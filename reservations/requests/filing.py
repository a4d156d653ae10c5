"""Filing and withdrawing purchase requests, until the drop starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from drops.errors import Closed, no_such_drop
from drops.facts import find_drop
from drops.models import Drop, Mode
from drops.sizes.labels import meant
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.members import Member, lock_open_account
from dropshop.core.money import Money
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.charges.tariff import tariff_for
from reservations.holds.origins import NOWHERE, Origin
from reservations.passes.requirements import require
from reservations.payment_methods.saved import ready_methods_of
from reservations.purchases.addresses import check_address
from reservations.purchases.costs import require_payable
from reservations.purchases.saved import with_saved
from reservations.queue.join import QueueArrival, join_many
from reservations.queue.turn import TURN
from reservations.requests.errors import AlreadyRequested, EnterTheDraw, RequestEnded, RequestsClosed
from reservations.requests.models import OPEN, PurchaseRequest, Status
from reservations.requests.moves import Moving, move_each

TAKES_PART = (*OPEN, Status.SUCCESS)  # one of a member for each drop
MAX_SIZES = 20  # of one request
NO_SUCH_METHOD = "Choose one of your saved payment methods: the request is paid while you are not there."


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """What a request is to be: `drop` by its id or slug, sizes as people write them, the liked best first; an address (its
    lines, or the id of a saved one), the id of a saved payment method, and the most that is paid for the pair (None: what it
    costs today).
    """

    drop: str
    sizes: Sequence[str]
    address: Any
    payment_method: Any
    latest_price: Money | None = None
    origin: Origin = NOWHERE


def file(member: Member, order: StandingOrder) -> PurchaseRequest:
    """The member's new request.

    Raises NotFound for no such drop; EnterTheDraw, RequestsClosed, Closed, QueueDrained, AlreadyRequested; Invalid with what is
    wrong with which field; NotShippedThere and AmountNotTaken where the pair cannot be sent or paid there; Forbidden with what
    the member lacks to reserve there; NotAuthenticated for a closed account.
    """
    drop = find_drop(order.drop)
    if drop is None:
        raise no_such_drop()
    if drop.mode == Mode.DRAW:
        raise EnterTheDraw
    require(member, drop, but=TURN)  # else accounts that could never buy would make the part of the requests larger
    sizes, price, address, method = _read(member, drop, order)
    require_payable(tariff_for([address["country"]]).charges(price, drop.weight, address))
    return _file(member, drop.pk, order.origin, sizes=sizes, address=address, method=method, price=price)


@retrying
def _file(member: Member, drop_id: UUID, origin: Origin, *, sizes: list[int], address: Any, method: UUID, price: Money) -> Any:
    with transaction.atomic():
        lock_open_account(member)
        drop = _before_the_start(drop_id)
        there = PurchaseRequest.objects.filter(drop=drop_id, member=member, status__in=TAKES_PART).first()
        if there is not None:
            raise AlreadyRequested(purchase_request=str(there.pk))
        made = PurchaseRequest.objects.create(
            drop=drop,
            member=member,
            sizes=sizes,
            address=address,
            payment_method_id=method,
            latest_price=price.minor,
            currency=price.currency,
            network=origin.network,
            device=origin.device,
        )
        made.refresh_from_db(fields=["created_at", "moved_at"])
        if drop.mode == Mode.QUEUE:
            _take_a_place(made)
        return made


def _take_a_place(request: PurchaseRequest) -> None:
    """In a queue a request is a place as anybody's; a member who has one already keeps it. Raises QueueDrained."""
    (answer,) = join_many(request.drop_id, [QueueArrival(request.member_id, tuple(request.sizes))])
    if isinstance(answer, DropshopError):
        raise answer


def find(request_id: UUID, member: Member) -> PurchaseRequest:
    """The member's request; raises NotFound for anyone else's."""
    found = PurchaseRequest.objects.filter(pk=request_id, member=member).select_related("drop", "payment_method").first()
    if found is None:
        raise NotFound("You have no such purchase request.")
    return found


@retrying
def withdraw(request_id: UUID, *, member: Member) -> PurchaseRequest:
    """The request takes part no longer; withdrawing it again changes nothing. In a queue that may be as long as it waits.

    Raises NotFound, RequestsClosed, RequestEnded.
    """
    mine = find(request_id, member)
    with transaction.atomic():
        if mine.drop.mode != Mode.QUEUE and mine.status == Status.ENTERED:
            _before_the_start(mine.drop_id)
        was = find(request_id, member).status
        if was == Status.WITHDRAWN:
            return mine
        waits = was == Status.ENTERED or (was == Status.IN_QUEUE and mine.drop.mode == Mode.QUEUE)
        if not waits or not move_each(Status(was), Status.WITHDRAWN, [Moving(mine.pk)]):
            raise RequestEnded(request_status=find(request_id, member).status)
    return find(request_id, member)


# Whoever decides the first round locks the row for itself, and so waits until all who are here have committed.
ROUND = """INSERT INTO {requestround} (drop_id, parts) VALUES (%(drop)s, '{{}}') ON CONFLICT DO NOTHING"""
SHARE = "SELECT FROM {requestround} WHERE drop_id = %(drop)s FOR SHARE"


def _before_the_start(drop_id: UUID) -> Drop:
    """The drop, whose first round is not decided before this transaction has ended. Raises RequestsClosed, Closed."""
    rows(ROUND, drop=drop_id)
    rows(SHARE, drop=drop_id)
    moment, drop = database_time(), Drop.objects.get(pk=drop_id)
    if drop.is_over_at(moment):
        raise Closed.of(drop)
    if drop.starts_at <= moment:
        raise RequestsClosed(starts_at=drop.starts_at)
    return drop


def _read(member: Member, drop: Drop, order: StandingOrder) -> tuple[list[int], Money, dict[str, str], UUID]:
    """Sizes, latest price, address and payment method; raises Invalid with everything that is wrong."""
    errors: dict[str, list[str]] = {}
    sizes, faults = _sizes(drop, order.sizes)
    errors |= faults
    price = order.latest_price or drop.money
    if price.currency != drop.currency:
        errors["latest_price"] = [f"This drop is paid in {drop.currency}."]
    elif price.minor < drop.price:
        errors["latest_price"] = [f"The pair costs {drop.money} already."]
    address: dict[str, str] = {}
    try:
        address = with_saved(check_address(order.address), member.pk)
        if "pickup" in address:
            errors["address"] = ["A request is sent to an address; pairs are collected by who buys at the page."]
    except Invalid as refusal:
        errors |= refusal.facts["errors"]
    method = ready_methods_of(member).filter(pk=order.payment_method).first() if _is_id(order.payment_method) else None
    if method is None:
        errors["payment_method"] = [NO_SUCH_METHOD]
    if errors or method is None:
        raise Invalid(errors=errors)
    return sizes, price, address, method.pk


def _sizes(drop: Drop, wanted: Sequence[str]) -> tuple[list[int], dict[str, list[str]]]:
    run = {size.label: size.pk for size in drop.sizes.all()}
    labels = [meant(text, run) for text in wanted[: MAX_SIZES + 1]]
    unknown = [text for text, label in zip(wanted, labels, strict=False) if label is None]
    if unknown:
        return [], {"sizes": [f"This drop has no size “{text[:40]}”." for text in unknown]}
    ids = [run[label] for label in labels if label is not None]
    if not 0 < len(ids) <= MAX_SIZES or len(set(ids)) != len(ids):
        return [], {"sizes": [f"Name one size to {MAX_SIZES}, each once, the one that you like best first."]}
    return ids, {}


def _is_id(given: Any) -> bool:
    try:
        UUID(str(given))
    except ValueError:
        return False
    return True
