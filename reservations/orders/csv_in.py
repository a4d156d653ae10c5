"""Parcels from a CSV file: looked at line by line first, then all of them or none.

What was looked at travels to the confirmation signed, with what each line will do: nothing else is done, and nothing where an
order has changed meanwhile. The same file a second time changes nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.core import signing
from django.db import transaction

from dropshop.core import csv_files
from dropshop.core.csv_files import Fault, plain
from dropshop.core.errors import Invalid
from dropshop.core.members import Member
from dropshop.core.spelling import spelled_plainly
from dropshop.core.transactions import retrying
from reservations.orders import shipping
from reservations.orders.errors import MoveRefused, OrdersChanged
from reservations.orders.finding import read_number
from reservations.orders.moves import lock_orders, require_movable
from reservations.orders.parcels import Parcel, parcel_of, read_parcel
from reservations.purchases.models import Purchase

MAX_ROWS = 1_000
CONFIRM_SECONDS = 3_600
SALT = "reservations.orders.csv_in"
# The names by which files call the columns, without punctuation; whatever else a file has is not read.
NAMES = {
    "number": {"order", "order number", "order no", "order id", "number", "reference"},
    "carrier": {"carrier", "shipping carrier", "courier", "service"},
    "tracking": {"tracking", "tracking number", "tracking no", "tracking code", "tracking id", "parcel number"},
}


class Row(NamedTuple):
    """A line of the file as it was written."""

    line: int
    number: str
    carrier: str
    tracking: str


class Forecast(NamedTuple):
    """What a line will do, or what is wrong with it; `order` and `parcel` where they are known."""

    row: Row
    order: Purchase | None
    parcel: Parcel | None
    will: str
    faults: list[str]


def read(text: str) -> list[Row]:
    """The lines of the file that hold something. Raises Invalid, with `faults` where the first line lacks a column."""
    rows = csv_files.rows(text, is_header=lambda names: {_column(name) for name in names} >= set(NAMES))
    line, header = next(rows, (1, []))
    columns = [_column(name) for name in header]
    faults = [Fault(line, name, "This column is missing.") for name in NAMES if name not in columns]
    faults += [Fault(line, name, "This column appears twice.") for name in NAMES if columns.count(name) > 1]
    if faults:
        raise Invalid("Nothing can be read from this file.", faults=[fault._asdict() for fault in faults])
    found = [Row(line, **_cells(columns, cells)) for line, cells in rows if any(cell.strip() for cell in cells)]
    if not found:
        raise Invalid(errors={"sheet": ["There is no line with an order in it."]})
    if len(found) > MAX_ROWS:
        raise Invalid(errors={"sheet": [f"At most {MAX_ROWS:,} orders at once; these are {len(found):,}."]})
    return found


def _column(name: str) -> str:
    """Which column a file means by this name; "" for one that is not read."""
    spelled = " ".join(re.findall(r"\w+", spelled_plainly(name).replace("_", " ")))
    return next((column for column, names in NAMES.items() if spelled in names), "")


def _cells(columns: list[str], cells: list[str]) -> dict[str, str]:
    written = dict(zip(columns, cells, strict=False))
    return {name: plain(written.get(name, "").strip())[:200] for name in NAMES}


def foresee(rows: Iterable[Row]) -> list[Forecast]:
    """What each line would do now."""
    numbers = {row: read_number(row.number) for row in rows}
    found = Purchase.objects.filter(number__in=[number for number in numbers.values() if number])
    orders = {order.number: order for order in found.select_related("drop", "size")}
    return _forecasts({row: orders.get(number or "") for row, number in numbers.items()})


def _forecasts(orders: Mapping[Row, Purchase | None]) -> list[Forecast]:
    forecasts: list[Forecast] = []
    seen: dict[Purchase, int] = {}
    parcels: dict[Parcel, tuple[int, Purchase]] = {}
    for row, order in orders.items():
        parcel, faults = _parcel(row)
        if order is None:
            faults.insert(0, f"There is no order with the number “{row.number[:40]}”.")
        elif seen.setdefault(order, row.line) != row.line:
            faults.insert(0, f"This order stands on line {seen[order]} already.")
        if order is not None and parcel is not None:
            line, other = parcels.setdefault(parcel, (row.line, order))
            if other.member_id != order.member_id:
                faults.append(f"This parcel is that of line {line}, which goes to somebody else.")
        will, refusal = _will(order, parcel) if order and parcel else ("", "")
        faults += [refusal] if refusal else []
        forecasts.append(Forecast(row, order, parcel, "" if faults else will, faults))
    return forecasts


def _parcel(row: Row) -> tuple[Parcel | None, list[str]]:
    try:
        return read_parcel(row.carrier, row.tracking), []
    except Invalid as refusal:
        return None, [f"{name.capitalize()}: {' '.join(words)}" for name, words in refusal.facts["errors"].items()]


def _will(order: Purchase, parcel: Parcel) -> tuple[str, str]:
    """What is going to happen, and why it cannot."""
    before = parcel_of(order)
    if parcel == before:
        return "Nothing: it is shipped so already.", ""
    if order.status == Purchase.Status.SHIPPED:
        return f"{parcel} in place of {before}.", ""
    try:
        require_movable(order, Purchase.Status.SHIPPED)
    except MoveRefused as refusal:
        return "", refusal.detail
    return f"Shipped with {parcel}.", ""


def sign(forecasts: Iterable[Forecast], *, by: Member) -> str:
    """The lines and what they will do, for this member of staff to confirm within the hour."""
    return signing.dumps([[*each.row, each.will] for each in forecasts], salt=f"{SALT}:{by.pk}", compress=True)


@retrying
def carry_out(signed: str, *, by: Member) -> list[Purchase]:
    """Does what was signed, all of it or nothing; the orders that changed. Raises Invalid, and what `ship` raises."""
    try:
        told = signing.loads(signed, salt=f"{SALT}:{by.pk}", max_age=CONFIRM_SECONDS)
    except signing.BadSignature:
        raise Invalid(errors={"sheet": ["This was looked at too long ago. Choose the file again."]}) from None
    rows = [Row(*each) for *each, _ in told]
    with transaction.atomic():
        lock_orders([each.order.pk for each in foresee(rows) if each.order])
        forecasts = foresee(rows)
        if any(each.faults for each in forecasts) or [each.will for each in forecasts] != [will for *_, will in told]:
            raise OrdersChanged
        parcels = {each.order.pk: each.parcel for each in forecasts if each.order and each.parcel}
        return shipping.ship(parcels, by=by)
