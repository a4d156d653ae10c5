"""The receipt of a sale: the e-mail that is stored in the sale's own transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drops.labels import size_in_sentence
from dropshop.core.outbox.write import SealedEmail, prepare
from reservations.holds.models import Reservation
from reservations.purchases.countries import names
from reservations.purchases.models import order_path

KIND = "purchase_receipt"


def receipt(hold: Reservation, *, order: UUID, number: str, address: Mapping[str, str], to: str | None) -> SealedEmail | None:
    """The receipt of the sale of this hold, ready to be stored; None without an address `to` write to.

    It says nothing of the money but the price: that is taken after the sale (M6).
    """
    if to is None:
        return None
    facts: dict[str, Any] = {
        "number": number,
        "title": hold.drop.title,
        "size": size_in_sentence(hold.size.label),
        "price": str(hold.money),
    }
    facts |= {"address": address_lines(address), "path": order_path(order)}
    return prepare(KIND, f"purchase:{order}", to=to, member=hold.member_id, **facts)


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """An address as it is written on an envelope; the country by its name."""
    place = f"{address['zip_code']} {address['city']}"
    state = address.get("state")
    country = names().get(address["country"], address["country"])
    return [address["name"], address["street"], f"{place}, {state}" if state else place, country]
