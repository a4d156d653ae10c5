"""What API and pages say of what a pair costs."""

from typing import Any

from reservations.charges.calculate import Charges


def charges_facts(charges: Charges) -> dict[str, Any]:
    """`price`, `shipping` and `tax`, without the total; the tax with its name, its rate, and whether the price includes it."""
    return {
        "price": charges.price.facts,
        "shipping": charges.shipping.facts,
        "tax": {
            **charges.tax.facts,
            "name": charges.tax_name,
            "percent": f"{charges.tax_percent:.3f}",
            "included": charges.tax_included,
        },
    }
