"""An address: six lines, kept as they were written, and complete for their country."""

from collections.abc import Mapping
from typing import Any

from dropshop.core.countries import country_code
from dropshop.core.errors import Invalid, unknown_fields
from dropshop.core.text import clean_text
from reservations.addresses.countries import rules_of

# The longest a line may be.
LINES = {"name": 100, "street": 200, "city": 100, "state": 60, "zip_code": 20, "country": 60}
ALWAYS = frozenset({"name", "country"})  # asked for in every country
WITHOUT_A_COUNTRY = frozenset(LINES) - {"state"}  # asked for where nobody knows what the country asks for
NOT_THERE = "This is missing."
NO_COUNTRY = "Give a country by its code of ISO 3166, such as US, or by its English name."


def check_lines(given: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The six lines as they were written, in any script, without what cannot be seen; the country as its code of ISO 3166.

    Raises Invalid with the fault of each line (by its name after `prefix`), and with each line that is not one of these: what
    its country asks for and is missing, a postcode that is none there, and a state where all states are known.
    """
    faults, lines = read_lines(given, LINES)
    if lines.get("country"):
        code = country_code(lines["country"])
        lines["country"] = code or lines["country"]
        if code is None:
            faults["country"] = [NO_COUNTRY]
    faults = _missing(lines, faults) | _wrong(lines, faults) | faults
    errors = {f"{prefix}{line}": faults[line] for line in LINES if line in faults} | unknown_fields(given, LINES, prefix)
    if errors:
        raise Invalid("The address is not complete.", errors=errors)
    return lines


def read_lines(given: Mapping[str, Any], known: Mapping[str, int]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What is no line of text, by its name; and the lines that are, each "" where left out. `known`: how long each may be."""
    faults: dict[str, list[str]] = {}
    lines: dict[str, str] = {}
    for line, longest in known.items():
        try:
            lines[line] = _line(given.get(line, ""), longest)
        except Invalid as refusal:
            faults[line] = refusal.facts["errors"]["line"]
    return faults, lines


def _missing(lines: Mapping[str, str], faults: Mapping[str, Any]) -> dict[str, list[str]]:
    country = lines.get("country")
    required = rules_of(country).required | ALWAYS if country and "country" not in faults else WITHOUT_A_COUNTRY
    return {line: [NOT_THERE] for line in required if line in lines and not lines[line]}


def _wrong(lines: Mapping[str, str], faults: Mapping[str, Any]) -> dict[str, list[str]]:
    """What cannot be right in its country."""
    if "country" in faults or not lines.get("country"):
        return {}
    rules = rules_of(lines["country"])
    postcode, state = lines.get("zip_code"), lines.get("state")
    found = {
        "zip_code": rules.fault_of_postcode(postcode) if postcode else "",
        "state": rules.fault_of_state(state) if state else "",
    }
    return {line: [fault] for line, fault in found.items() if fault}


def _line(text: Any, longest: int) -> str:
    if not isinstance(text, str) or set(text) & {"\0", "\n", "\r"}:
        raise Invalid(errors={"line": ["This is not a line of text."]})
    return clean_text(text, limit=longest, field="line", required=False, lines=False)
