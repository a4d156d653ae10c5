"""A parcel as staff name it: who carries it, and under which number."""

import re
from typing import NamedTuple

from dropshop.core.errors import Invalid
from dropshop.core.text import clean_text
from reservations.purchases.carriers import carrier_name
from reservations.purchases.models import Purchase

NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9./_-]{2,58}[A-Z0-9])")
# "3,40434E+17": what a spreadsheet makes of a long number; its last digits are lost.
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+")


class Parcel(NamedTuple):
    """Both as they are stored."""

    carrier: str
    tracking: str

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking}"


def parcel_of(order: Purchase) -> Parcel | None:
    """The order's parcel; None before it was shipped."""
    return Parcel(order.carrier, order.tracking) if order.carrier else None


def read_parcel(carrier: str, tracking: str) -> Parcel:
    """The parcel that somebody wrote down: a known carrier by its own name, the number in capitals and without spaces.

    Raises Invalid (`carrier`, `tracking`).
    """
    errors: dict[str, list[str]] = {}
    name = number = ""
    try:
        name = carrier_name(clean_text(carrier, limit=40, field="carrier", lines=False))
    except Invalid as refusal:
        errors |= refusal.facts["errors"]
    try:
        number = _number(tracking)
    except Invalid as refusal:
        errors |= refusal.facts["errors"]
    if errors:
        raise Invalid(errors=errors)
    return Parcel(name, number)


def _number(written: str) -> str:
    number = "".join(clean_text(written, limit=60, field="tracking", lines=False).split()).upper()
    if ROUNDED.fullmatch(number):
        raise Invalid(
            errors={"tracking": ["A spreadsheet has rounded this number. Format the column as text and enter it again."]}
        )
    if not NUMBER.fullmatch(number):
        raise Invalid(errors={"tracking": ["A tracking number has 4 to 60 letters and digits."]})
    return number
