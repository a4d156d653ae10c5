"""Where a pair is sent: six lines, checked before any money moves; or the place where it is collected, and by whom."""

import re
from collections.abc import Mapping
from typing import Any

import structlog

from dropshop.core.countries import country_code
from dropshop.core.encrypted import Unreadable, decrypt
from dropshop.core.errors import Invalid, unknown_fields
from dropshop.core.text import clean_text

log = structlog.get_logger(__name__)
# The longest a line may be; `state` alone may be empty (many countries have none).
LINES = {"name": 100, "street": 200, "city": 100, "state": 60, "zip_code": 20, "country": 60}
PICKUP = {"name": LINES["name"], "pickup": 18}


def check_address(given: Any) -> dict[str, str]:
    """The six lines as they were written, in any script, without what cannot be seen; the country as its code of ISO 3166.
    Or `pickup`, the number of a place, and the name of who collects (`reservations.purchases.pickup` finds the place).

    Raises Invalid with each line's fault, and with each line that is not one of these.
    """
    if not isinstance(given, Mapping):
        raise Invalid(errors={"address": ["Give name, street, city, state, zip_code and country."]})
    if "pickup" in given:
        return _check_pickup(given)
    errors, lines = _check_lines(given, LINES)
    if country := lines.get("country"):
        code = country_code(country)
        lines["country"] = code or country
        if code is None:
            errors["address.country"] = ["Give a country by its code of ISO 3166, such as US, or by its English name."]
    if errors:
        raise Invalid("The address is not complete.", errors=errors)
    return lines


def _check_pickup(given: Mapping[str, Any]) -> dict[str, str]:
    number = given["pickup"]
    is_number = isinstance(number, int) and not isinstance(number, bool)
    errors, lines = _check_lines({**given, "pickup": str(number) if is_number else number}, PICKUP)
    if not re.fullmatch("[0-9]{1,18}", lines.get("pickup", "")):
        errors["address.pickup"] = ["Give the number of a place."]
    if errors:
        raise Invalid("The place is not complete.", errors=errors)
    return lines


def _check_lines(given: Mapping[str, Any], known: Mapping[str, int]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What is wrong, by line, and the lines that are good."""
    errors, lines = unknown_fields(given, known, "address."), {}
    for line, longest in known.items():
        try:
            lines[line] = _line(given.get(line, ""), longest)
        except Invalid as refusal:
            errors[f"address.{line}"] = refusal.facts["errors"]["line"]
            continue
        if not lines[line] and line != "state":
            errors[f"address.{line}"] = ["This is missing."]
    return errors, lines


def open_address(sealed: str) -> dict[str, str]:
    """The address that is stored as this text; {} where nobody can read it any more, so that one row stops no others."""
    try:
        opened: dict[str, str] = decrypt(sealed, context="reservations.purchase.address")
    except Unreadable as unreadable:
        log.warning("an address cannot be read", because=str(unreadable))
        return {}
    return opened


def _line(text: Any, longest: int) -> str:
    if not isinstance(text, str) or set(text) & {"\0", "\n", "\r"}:
        raise Invalid(errors={"line": ["This is not a line of text."]})
    return clean_text(text, limit=longest, field="line", required=False, lines=False)
