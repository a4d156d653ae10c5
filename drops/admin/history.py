"""A drop's history: what was decided and each total that was changed by hand, with old and new values, who and why."""

from typing import Any

from drops.labels import size_in_sentence
from drops.models import Drop
from drops.stock.models import StockAdjustment
from dropshop.core.admin.history import Change, changes, said
from dropshop.core.local_time import LocalTime
from dropshop.core.money import EXPONENTS, Money


def of_drop(drop: Drop, *, stock: bool) -> list[Change]:
    """The newest first. `stock`: whether totals that were changed by hand are among it."""
    decided = changes(Drop, drop.pk, say=_said)
    adjusted = StockAdjustment.objects.filter(size__drop=drop).select_related("size", "by") if stock else ()
    totals = [
        Change(
            at=each.at,
            by=each.by.get_username(),
            done="changed",
            fields=[(f"{size_in_sentence(each.size.label)}, total", str(each.total_before), str(each.total_after))],
            reason=each.reason,
        )
        for each in adjusted
    ]
    return sorted([*decided, *totals], key=lambda change: change.at, reverse=True)


def _said(event: Any, field: Any) -> str:
    """A value as staff know it: prices in money, times on the clocks of the drop's zone, to the second, and in UTC."""
    if field.name == "price" and event.currency in EXPONENTS:
        return str(Money(event.price, event.currency))
    if field.name == "published":
        return "yes" if event.published else "no"
    if field.name in {"starts_at", "ends_at"}:
        moment = getattr(event, field.name)
        local = LocalTime.at(moment, event.time_zone).local
        there = f"{local:%-d %b %Y, %H:%M:%S} {event.time_zone}"
        return there if event.time_zone == "UTC" else f"{there} ({moment:%Y-%m-%d %H:%M:%S} UTC)"
    return said(event, field)
