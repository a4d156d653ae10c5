"""Why nobody can say, or no longer says, what a pair costs there."""

from dropshop.core.errors import NUMBER, TEXT, DropshopError

MONEY = {"type": "object", "properties": {"amount": TEXT, "currency": TEXT}, "required": ["amount", "currency"]}


class NotShippedThere(DropshopError):
    """The shop has rates for shipping, and none for this `country`, weight (`grams`) and `currency`. No money has moved."""

    code, status, title = "not_shipped_there", 409, "We do not ship this pair there."
    brings = {"country": TEXT, "grams": NUMBER, "currency": TEXT}


class TotalChanged(DropshopError):
    """The purchase costs another `total` than the one that was sent with it. No money has moved."""

    code, status, title = "total_changed", 409, "The total has changed. Look at it again before you pay."
    brings = {"total": MONEY, "price": MONEY, "shipping": MONEY, "tax": MONEY}
