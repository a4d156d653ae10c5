"""What a trade says of prices."""

from community.pricing.condition import CONDITION_FACTORS, Condition
from community.pricing.models import PricePoint
from community.pricing.prices import record_price, values_of
from community.trades.models import Trade
from dropshop.core.money import Money


def note_trade(trade: Trade) -> None:
    """Of a completed trade of one pair for one: each went for what the other is worth, where that is known.

    Of several pairs nobody knows which went for which. Call it for trades of two who are not one (`sightings.are_linked`).
    """
    items = list(trade.items.select_related("pair__sneaker"))
    if len(items) != 2 or items[0].giver_id == items[1].giver_id:
        return
    pairs = [item.pair for item in items]
    worth = values_of(pairs)
    for given, got in (pairs, reversed(pairs)):
        if (known := worth.get(got.pk)) is not None:
            as_new = Money(round(known.middle / CONDITION_FACTORS[Condition(given.condition)]), known.currency)
            record_price(given.sneaker, given.size, as_new, origin=PricePoint.Origin.TRADE)
