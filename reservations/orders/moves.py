"""Moving orders from state to state: the only way to change the status of a sale whose money was taken.

    with transaction.atomic():
        order = lock_orders([pk])[pk]
        move(order, Status.SHIPPED, by=staff)

Lock order: sizes, reservations, orders, payments, each by id.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from drops.stock import counters
from drops.stock.facts import publish_stock
from dropshop.core.hooks import Registry
from dropshop.core.members import Member
from reservations.orders.errors import MoveRefused
from reservations.orders.models import OrderMove
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import is_collected

Status = Purchase.Status

# What else happens when an order has moved, in the same transaction: called with the order and its move.
moved: Registry[Callable[[Purchase, OrderMove], object]] = Registry("reservations.orders.moved")


def lock_orders(ids: Iterable[UUID], *, sizes: bool = False) -> dict[UUID, Purchase]:
    """These orders, locked, each by its id; what was read before is old. `sizes`: first their sizes, for `put_back`."""
    wanted = Purchase.objects.filter(pk__in=[*ids])
    locked_sizes = counters.lock_sizes(wanted.order_by().values_list("size", flat=True)) if sizes else {}
    locked = wanted.select_for_update(no_key=True, of=("self",)).order_by("pk").select_related("drop", "size")
    orders = {order.pk: order for order in locked}
    for order in orders.values():
        order.size = locked_sizes.get(order.size_id, order.size)
    return orders


def lock_orders_of(member: Member) -> list[UUID]:
    """The ids of this member's orders, each locked."""
    theirs = Purchase.objects.filter(member=member).order_by("pk")
    return [*theirs.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)]


def require_movable(order: Purchase, to: "Purchase.Status") -> None:
    """Raises MoveRefused where the table does not allow it: what is collected is not shipped, and nothing else goes from
    "packed" to "delivered".
    """
    was = Status(order.status)
    if to not in Purchase.MOVES[was]:
        raise MoveRefused(f"An order that is {was.label.lower()} cannot become {to.label.lower()}.", purchase_status=was.value)
    if to == Status.SHIPPED and is_collected(order.address):
        raise MoveRefused("An order that is collected is not shipped.", purchase_status=was.value)
    if (was, to) == (Status.PACKED, Status.DELIVERED) and not is_collected(order.address):
        raise MoveRefused("An order that is packed is shipped before it is delivered.", purchase_status=was.value)


def move(order: Purchase, to: "Purchase.Status", *, by: Member | None = None, note: str = "") -> OrderMove:
    """Moves an order that the caller has locked, and keeps by whom and why. Raises MoveRefused."""
    require_movable(order, to)
    was, order.status = order.status, to
    order.save(update_fields=["status"])
    made = OrderMove.objects.create(purchase=order, was=was, to=to, by=by, note=note)
    for react in moved:
        react(order, made)
    return made


def reopen_refunded(order: Purchase) -> None:
    """An order that was refunded, and whose money has come back from the shopper's bank, is again what it was before; the
    caller has locked it. No person moves it so, and nothing else follows from it.
    """
    if order.status != Status.REFUNDED:
        return
    before = order.moves.filter(to=Status.REFUNDED).latest("pk").was
    was, order.status = order.status, before
    order.save(update_fields=["status"])
    OrderMove.objects.create(purchase=order, was=was, to=before, note="The refund came back")


def put_back(order: Purchase) -> None:
    """The pair of an order that has ended is for sale again; the caller has locked order and size. Once per order."""
    if order.restocked:
        return
    order.restocked = True
    order.save(update_fields=["restocked"])
    counters.put_back(order.size, 1)
    publish_stock([order.size], recovered=[order.size_id])
