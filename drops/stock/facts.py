"""What API and socket tell of the sizes of a run."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from drops.stock.models import Size
from dropshop.core import live
from dropshop.core.clock import StatementTimestamp, iso
from dropshop.core.hooks import Hook
from dropshop.core.sql import CompiledQuery

# Expressions over Size. `lapsed`: holds still counted in `reserved` whose time is over, free for the next shopper (S4).
# `next_expiry`: when the first of the other holds may return.
hold_expressions: Hook[Callable[[], Mapping[str, Any]]] = Hook("drops.stock.hold_expressions")


def _sizes(**where: Any) -> Any:
    """Sizes with their `lapsed`, `next_expiry` and `clock`, in one statement: one moment for all numbers."""
    return Size.objects.filter(**where).annotate(clock=StatementTimestamp(), **hold_expressions.value())


_standing = CompiledQuery(lambda pks: _sizes(pk__among=pks))
sizes_of_drops = CompiledQuery(lambda drops: _sizes(drop__among=drops))


def size_facts(size: Any) -> dict[str, Any]:
    """The counters of one size, read as here, as the API's `size`."""
    lapsed = min(size.lapsed, size.reserved)
    return {
        "size": size.label,
        "total": size.total,
        "available": size.available + lapsed,
        "reserved": size.reserved - lapsed,
        "sold": size.sold,
        "version": size.version,
        "next_expiry": iso(size.next_expiry),
    }


def publish_stock(sizes: Iterable[Size], *, recovered: Iterable[int] = ()) -> None:
    """After the commit, every screen learns how these sizes stand; `recovered` are the ids of those to which pairs returned
    (announced as such only while one of them is still to be had).

    The facts are read after the commit: outside the lock, and never older than the change (L1).
    """
    ids, came_back = {size.pk for size in sizes}, set(recovered)

    def tell() -> None:
        for size in _standing(ids):
            _tell(size, size.clock, has_returned=size.pk in came_back)

    if ids:
        transaction.on_commit(tell, robust=True)


def publish_read(sizes: Collection[Any], moment: datetime) -> None:
    """The same of sizes without lapsed holds that were read in this transaction, as it leaves them, with their `next_expiry`
    at this moment. Nothing is read after the commit."""

    def tell() -> None:
        for size in sizes:
            size.lapsed = 0
            _tell(size, moment)

    if sizes:
        transaction.on_commit(tell, robust=True)


def _tell(size: Any, moment: datetime, *, has_returned: bool = False) -> None:
    stock = size_facts(size)
    kind = "stock-recovered" if has_returned and stock["available"] else "stock-updated"
    live.publish({"type": kind, "drop": str(size.drop_id), **stock, "server_time": iso(moment)})
