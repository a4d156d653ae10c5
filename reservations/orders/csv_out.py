"""Orders as CSV: the columns that somebody of staff chose, of those that they may see."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from dropshop.core import csv_files
from dropshop.core.admin.records import MAY_SEE_MEMBERS
from dropshop.core.clock import iso
from reservations.charges.calculate import Charges
from reservations.purchases.addresses import open_address
from reservations.purchases.admin import MAY_SEE_ADDRESSES
from reservations.purchases.models import Purchase

FILE = "orders.csv"
Address = Mapping[str, str]


class Column(NamedTuple):
    """`needs`: the permission without which nobody gets it."""

    header: str
    cell: Callable[[Purchase, Address], str]
    needs: str = ""


def _line(name: str, header: str) -> Column:
    return Column(header, lambda order, address: address.get(name, ""), MAY_SEE_ADDRESSES)


def _tax_rate(paid: Charges) -> str:
    return f"{paid.tax_label} (included)" if paid.tax_included else paid.tax_label


COLUMNS: dict[str, Column] = {
    "number": Column("order number", lambda order, address: order.number),
    "bought": Column("bought", lambda order, address: iso(order.created_at) or ""),
    "status": Column("status", lambda order, address: order.get_status_display()),
    "drop": Column("drop", lambda order, address: order.drop.title),
    "style_code": Column("style code", lambda order, address: order.drop.sneaker.style_code),
    "size": Column("size", lambda order, address: order.size.label),
    "price": Column("price", lambda order, address: order.charges.price.amount),
    "shipping": Column("shipping", lambda order, address: order.charges.shipping.amount),
    "tax": Column("tax", lambda order, address: order.charges.tax.amount),
    "tax_rate": Column("tax rate", lambda order, address: _tax_rate(order.charges)),
    "total": Column("paid", lambda order, address: order.money.amount),
    "currency": Column("currency", lambda order, address: order.currency),
    "member": Column("member", lambda order, address: order.member.get_username()),
    "email": Column("e-mail", lambda order, address: order.member.email, MAY_SEE_MEMBERS),
    "place": _line("place", "collected at"),
    "name": _line("name", "name"),
    "street": _line("street", "street"),
    "zip_code": _line("zip_code", "postcode"),
    "city": _line("city", "city"),
    "state": _line("state", "state"),
    "country": _line("country", "country"),
    "carrier": Column("carrier", lambda order, address: order.carrier),
    "tracking": Column("tracking number", lambda order, address: order.tracking),
}
AT_FIRST = (
    *("number", "drop", "size", "status", "name", "street", "zip_code", "city", "state", "country"),
    *("carrier", "tracking"),
)


def columns_for(may: Callable[[str], bool]) -> dict[str, Column]:
    """Those that somebody of staff may have, who `may` do these things."""
    return {name: column for name, column in COLUMNS.items() if not column.needs or may(column.needs)}


def lines(orders: QuerySet[Purchase], columns: Collection[Column]) -> Iterator[str]:
    """The file, line by line, read in one statement; no address is opened where none is asked for."""
    asks = any(column.needs == MAY_SEE_ADDRESSES for column in columns)
    found = orders.defer("address").select_related("drop__sneaker", "size", "member")
    if asks:
        found = found.annotate(sealed=Cast("address", TextField()))
    return csv_files.lines((column.header for column in columns), _rows(found, columns, asks=asks))


def _rows(orders: QuerySet[Purchase], columns: Collection[Column], *, asks: bool) -> Iterator[list[str]]:
    for order in orders.iterator(chunk_size=1000):
        address = open_address(order.sealed) if asks else {}  # type: ignore[attr-defined]  # annotated above
        yield [column.cell(order, address) for column in columns]
