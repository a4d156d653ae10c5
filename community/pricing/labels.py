"""What a pair is worth, in words."""

from typing import Any

from community.pricing import prices
from dropshop.core.money import Money


def valuation_label(worth: prices.Valuation | None) -> dict[str, Any] | None:
    """A value for people: its amounts with their currency."""
    if worth is None:
        return None
    amounts = {name: Money(getattr(worth, name), worth.currency) for name in ("low", "middle", "high")}
    return {**amounts, "count": worth.count}
