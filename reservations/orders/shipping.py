"""The way of an order to its shopper, and back: each operation takes many orders, and moves all of them or none.

Raises OrdersRefused, which says of each order why it cannot be moved; NotFound for an order that is not there.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from dropshop.core.errors import NotFound
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.orders.errors import MoveRefused, OrdersRefused
from reservations.orders.messages import write_ready, write_shipped
from reservations.orders.models import OrderMove
from reservations.orders.moves import lock_orders, move, put_back
from reservations.orders.parcels import Parcel, parcel_of
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import is_collected

Status = Purchase.Status
T = TypeVar("T")


@retrying
def pack(ids: Collection[UUID], *, by: Member) -> None:
    """They are packed: from now on their addresses stand. Who collects theirs is told by e-mail that it is ready."""
    with transaction.atomic():
        orders = _locked(ids)
        made = _each(orders, lambda order: move(order, Status.PACKED, by=by))
        write_ready([(order, step) for order, step in zip(orders, made, strict=True) if is_collected(order.address)])


def unpack(ids: Collection[UUID], *, by: Member) -> None:
    """They are not packed any more."""
    _move_each(ids, Status.PAID, by)


def deliver(ids: Collection[UUID], *, by: Member) -> None:
    """Their shoppers have them."""
    _move_each(ids, Status.DELIVERED, by)


@retrying
def _move_each(ids: Collection[UUID], to: "Purchase.Status", by: Member) -> None:
    with transaction.atomic():
        _each(_locked(ids), lambda order: move(order, to, by=by))


@retrying
def receive_return(ids: Collection[UUID], *, by: Member, note: str = "", restock: bool = False) -> None:
    """They came back to us; with `restock` their pairs are for sale again."""
    with transaction.atomic():
        orders = _locked(ids, sizes=restock)
        _each(orders, lambda order: move(order, Status.RETURNED, by=by, note=note))
        if restock:
            for order in orders:
                put_back(order)


@retrying
def ship(parcels: Mapping[UUID, Parcel], *, by: Member) -> list[Purchase]:
    """They were handed to their carriers, and their shoppers are told by e-mail. The parcel of an order that is shipped
    already is corrected; where it is the same, nothing happens. The orders that changed.
    """
    with transaction.atomic():
        orders = _locked(parcels.keys())
        made = _each(orders, lambda order: _hand_over(order, parcels[order.pk], by))
        changed = [(order, step) for order, step in zip(orders, made, strict=True) if step is not None]
        write_shipped(changed)
    return [order for order, _ in changed]


def _hand_over(order: Purchase, parcel: Parcel, by: Member) -> OrderMove | None:
    """What was written into the order's history; None where nothing changes."""
    before = parcel_of(order)
    if parcel == before:
        return None
    if order.status == Status.SHIPPED:
        note = f"{parcel} in place of {before}"
        made = OrderMove.objects.create(purchase=order, was=order.status, to=order.status, by=by, note=note)
    else:
        made = move(order, Status.SHIPPED, by=by, note=str(parcel))
    order.carrier, order.tracking = parcel
    order.save(update_fields=["carrier", "tracking"])
    return made


def _locked(ids: Collection[UUID], *, sizes: bool = False) -> list[Purchase]:
    orders = lock_orders(ids, sizes=sizes)
    if len(orders) < len(set(ids)):
        raise NotFound("One of these orders does not exist.")
    return [*orders.values()]


def _each(orders: Iterable[Purchase], act: Callable[[Purchase], T]) -> list[T]:
    """What it comes to for each of these orders; all refusals together, so that one look shows all that is wrong."""
    done: list[T] = []
    refused: dict[str, str] = {}
    for order in orders:
        try:
            done.append(act(order))
        except MoveRefused as refusal:
            refused[order.number] = refusal.detail
    if refused:
        raise OrdersRefused(refused)
    return done
