"""What shoppers are told by e-mail of the way of their orders, in the transaction in which an order moves."""

from collections.abc import Collection

from drops.labels import size_in_sentence
from dropshop.core.outbox.write import addresses_of, prepare, write_each
from reservations.orders.models import OrderMove
from reservations.purchases.facts import tracking_facts
from reservations.purchases.models import Purchase
from reservations.purchases.receipts import address_lines

SHIPPED = "order_shipped"


def write_shipped(orders: Collection[tuple[Purchase, OrderMove]]) -> None:
    """Each of these shoppers is told where their parcel is; where its number was corrected, that too."""
    to = addresses_of({order.member_id for order, _ in orders})
    write_each(
        [
            prepare(
                SHIPPED,
                f"purchase:{order.pk}:{made.pk}",
                to=to[order.member_id],
                member=order.member_id,
                number=order.number,
                title=order.drop.title,
                size=size_in_sentence(order.size.label),
                parcel=tracking_facts(order),
                corrected=made.was == made.to,
                address=address_lines(order.address),
                path=order.get_absolute_url(),
            )
            for order, made in orders
            if order.member_id in to
        ]
    )
