"""What the API tells of saved addresses."""

from typing import Any

from dropshop.core.clock import iso
from reservations.addresses.models import SavedAddress


def address_facts(address: SavedAddress) -> dict[str, Any]:
    """The `address` of the API: its six lines, and whether it is used first."""
    return {
        "id": str(address.pk),
        **address.lines,
        "is_default": address.is_default,
        "created_at": iso(address.created_at),
    }
