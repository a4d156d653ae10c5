"""Another address for an order that is not packed yet."""

from typing import Any
from uuid import UUID

from django.db import transaction

from dropshop.core.errors import NotFound
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.addresses.place_hash import place_hashes
from reservations.orders.errors import AlreadyPacked
from reservations.orders.models import OrderMove
from reservations.orders.moves import lock_orders
from reservations.purchases.address_limit import require_room
from reservations.purchases.addresses import check_address
from reservations.purchases.costs import require_same_costs
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import with_place
from reservations.purchases.saved import with_saved

CHANGEABLE = (Purchase.Status.PROCESSING, Purchase.Status.PAID)


@retrying
def change_address(order_id: UUID, address: Any, *, member: Member) -> Purchase:
    """The member's order, which goes to this address, or is collected there, from now on; its history says that it changed,
    and not to what.

    Raises Invalid with what is wrong with the address, or where sending it there costs another sum; NotFound; LimitReached
    where the drop sends no more pairs there; and AlreadyPacked once the order is packed.
    """
    lines = with_saved(check_address(address), member.pk)
    with transaction.atomic():
        order = lock_orders([order_id]).get(order_id)
        if order is None or order.member_id != member.pk:
            raise NotFound("You have no such purchase.")
        if order.status not in CHANGEABLE:
            said = f"This order is {order.get_status_display().lower()} already. Its address cannot be changed any more."
            raise AlreadyPacked(said, purchase_status=order.status)
        lines = with_place(lines, order.drop_id)
        if order.address != lines:
            require_same_costs(order, lines)
            require_room((order.reservation_id, order.drop, place_hashes(lines)))
            order.address, order.found_by_name = lines, False
            order.save(update_fields=["address", "place_hash", "found_by_name"])
            OrderMove.objects.create(purchase=order, was=order.status, to=order.status, by=member, note="Another address")
    return order
