"""Where a pair is sent, as a purchase names it: six lines, a saved address, or the place where it is collected and by whom."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from dropshop.core.encrypted import Unreadable, decrypt
from dropshop.core.errors import Invalid, unknown_fields
from reservations.addresses.lines import LINES, NOT_THERE, check_lines, read_lines

log = structlog.get_logger(__name__)
PICKUP = {"name": LINES["name"], "pickup": 18}
NO_ADDRESS = "Give name, street, city, state, zip_code and country; or the id of an address that you have saved."


def check_address(given: Any) -> dict[str, str]:
    """The six lines, complete for their country (`reservations.addresses.lines`).

    Or `saved`, the id of a saved address (`reservations.purchases.saved` finds its lines). Or `pickup`, the number of a place,
    and the name of who collects (`reservations.purchases.pickup` finds the place). Asks no database.

    Raises Invalid with each line's fault, and with each line that is not one of these.
    """
    if isinstance(given, str):
        return _check_saved(given)
    if not isinstance(given, Mapping):
        raise Invalid(errors={"address": [NO_ADDRESS]})
    return _check_pickup(given) if "pickup" in given else check_lines(given, "address.")


def _check_saved(given: str) -> dict[str, str]:
    try:
        return {"saved": str(UUID(given))}
    except ValueError:
        raise Invalid(errors={"address": [NO_ADDRESS]}) from None


def _check_pickup(given: Mapping[str, Any]) -> dict[str, str]:
    number = given["pickup"]
    is_number = isinstance(number, int) and not isinstance(number, bool)
    faults, lines = read_lines({**given, "pickup": str(number) if is_number else number}, PICKUP)
    faults |= {line: [NOT_THERE] for line, text in lines.items() if not text}
    if not re.fullmatch("[0-9]{1,18}", lines.get("pickup", "")):
        faults["pickup"] = ["Give the number of a place."]
    errors = unknown_fields(given, PICKUP, "address.") | {f"address.{line}": words for line, words in faults.items()}
    if errors:
        raise Invalid("The place is not complete.", errors=errors)
    return lines


def open_address(sealed: str) -> dict[str, str]:
    """The address that is stored as this text; {} where nobody can read it any more, so that one row stops no others."""
    try:
        opened: dict[str, str] = decrypt(sealed, context="reservations.purchase.address")
    except Unreadable as unreadable:
        log.warning("an address cannot be read", because=str(unreadable))
        return {}
    return opened
