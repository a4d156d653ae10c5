"""Where a pair is sent: six lines, checked before any money moves."""

from collections.abc import Mapping
from typing import Any

from dropshop.errors import Invalid

# The longest a line may be; `state` alone may be empty (many countries have none).
LINES = {"name": 100, "street": 200, "city": 100, "state": 60, "zip_code": 20, "country": 60}


def check_address(given: Any) -> dict[str, str]:
    """The six lines, trimmed; anything else that was given is dropped. Raises Invalid with each line's fault."""
    if not isinstance(given, Mapping):
        raise Invalid(errors={"address": ["Give name, street, city, state, zip_code and country."]})
    errors, lines = {}, {}
    for line, longest in LINES.items():
        text = given.get(line, "")
        lines[line] = text.strip() if isinstance(text, str) else ""
        if not isinstance(text, str) or not all(letter.isprintable() for letter in text):
            errors[f"address.{line}"] = ["This is not a line of text."]
        elif not lines[line] and line != "state":
            errors[f"address.{line}"] = ["This is missing."]
        elif len(lines[line]) > longest:
            errors[f"address.{line}"] = [f"At most {longest} characters."]
    if errors:
        raise Invalid("The address is not complete.", errors=errors)
    return lines
