"""What shoppers are told by e-mail of the way of their orders, in the transaction in which an order moves."""

from collections.abc import Callable, Collection
from typing import Any

from drops.labels import size_in_sentence
from dropshop.core.outbox.write import addresses_of, prepare, write_each
from reservations.orders.models import OrderMove
from reservations.purchases.facts import tracking_facts
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import hours_of
from reservations.purchases.receipts import address_lines

SHIPPED, READY = "order_shipped", "order_ready"
Steps = Collection[tuple[Purchase, OrderMove]]


def write_shipped(orders: Steps) -> None:
    """Each of these shoppers is told where their parcel is; where its number was corrected, that too."""
    _write(SHIPPED, orders, lambda order, made: {"parcel": tracking_facts(order), "corrected": made.was == made.to})


def write_ready(orders: Steps) -> None:
    """Each of these shoppers is told that they can collect their pair, and when."""
    hours = hours_of(order.address for order, _ in orders)
    _write(READY, orders, lambda order, _: {"hours": hours.get(order.address["pickup"], "")})


def _write(kind: str, orders: Steps, facts: Callable[[Purchase, OrderMove], dict[str, Any]]) -> None:
    to = addresses_of({order.member_id for order, _ in orders})
    write_each(
        [
            prepare(
                kind,
                f"purchase:{order.pk}:{made.pk}",
                to=to[order.member_id],
                member=order.member_id,
                number=order.number,
                title=order.drop.title,
                size=size_in_sentence(order.size.label),
                address=address_lines(order.address),
                path=order.get_absolute_url(),
                **facts(order, made),
            )
            for order, made in orders
            if order.member_id in to
        ]
    )
