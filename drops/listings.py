"""Drops as the pages show them: the facts that API and socket tell, with their words and the parts of their meters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from drops.facts import drop_facts
from drops.labels import stock_label
from drops.models import Drop, Phase
from dropshop.core.clock import database_time
from dropshop.core.members import Viewer

NEXT_WITHIN = timedelta(hours=1)  # before it opens, a drop is what the front page is about
ENDED_SHOWN_FOR = timedelta(days=7)  # how long the calendar shows what is over
DROPS_SHOWN = 50  # as many as one socket watches


@dataclass(frozen=True)
class StockMeter:
    """Counters of one size or of a whole drop; positions and widths of the meter's parts in percent."""

    label: str
    total: int
    available: int
    reserved: int
    sold: int
    next_expiry: str | None
    state: str
    words: str

    def _percent(self, count: int) -> str:
        return f"{count / self.total * 100 if self.total else 0:.4g}%"

    @property
    def available_width(self) -> str:
        return self._percent(self.available)

    @property
    def held_width(self) -> str:
        return self._percent(self.reserved)

    @property
    def sold_width(self) -> str:
        return self._percent(self.sold)

    @property
    def sold_from(self) -> str:
        return self._percent(self.available + self.reserved)


class DropListing:
    """One drop with its facts, for one viewer; `sizes` and `stock` are empty where the drop is closed to them."""

    def __init__(self, drop: Drop, facts: dict[str, Any]) -> None:
        self.drop, self.facts = drop, facts
        self.phase: str = facts["phase"]
        self.server_time: str = facts["server_time"]

    def _stock(self, counters: dict[str, Any], *, label: str) -> StockMeter:
        names = ("total", "available", "reserved", "sold", "next_expiry")
        state, words = stock_label(self.phase, counters, self.server_time, short=bool(label))
        return StockMeter(label=label, state=state, words=words, **{name: counters[name] for name in names})

    @cached_property
    def sizes(self) -> list[StockMeter]:
        return [self._stock(size, label=size["size"]) for size in self.facts["sizes"]]

    @cached_property
    def stock(self) -> StockMeter | None:
        """The whole drop's."""
        if not self.sizes:
            return None
        expiries = [size.next_expiry for size in self.sizes if size.next_expiry]
        numbers = {name: sum(getattr(size, name) for size in self.sizes) for name in ("total", "available", "reserved", "sold")}
        return self._stock({**numbers, "next_expiry": min(expiries, default=None)}, label="")

    @property
    def one_size(self) -> bool:
        return len(self.sizes) == 1

    @property
    def size_range(self) -> str:
        """ "size 7–12", "One size"."""
        if not self.sizes:
            return ""
        first, last = self.sizes[0].label, self.sizes[-1].label
        return first if first == last else f"size {first}–{last}"

    @property
    def is_over(self) -> bool:
        return self.phase in (Phase.SOLD_OUT, Phase.ENDED)


def listings_of(drops: Iterable[Drop], *, viewer: Viewer) -> list[DropListing]:
    """The drops as this viewer may see them, in their order; the number of statements does not grow with theirs."""
    drops = list(drops)
    return [DropListing(drop, facts) for drop, facts in zip(drops, drop_facts(drops, viewer=viewer), strict=True)]


def release_calendar(*, viewer: Viewer) -> list[DropListing]:
    """What is open, then what comes, then what was lately: at most 50, so that one socket can watch them all."""
    since = database_time() - ENDED_SHOWN_FOR
    near = Drop.objects.published().filter(ends_at__gt=since).select_related("sneaker").prefetch_related("sneaker__pictures")
    order = {Phase.LIVE: 0, Phase.UPCOMING: 1, Phase.SOLD_OUT: 2, Phase.ENDED: 3}
    return sorted(
        listings_of(near.order_by("starts_at")[:DROPS_SHOWN], viewer=viewer), key=lambda listing: order[Phase(listing.phase)]
    )


def headline(calendar: list[DropListing]) -> DropListing | None:
    """The drop the front page is about: the next one if it opens soon, else the newest that is open, else the next."""
    if not calendar:
        return None
    upcoming = [listing for listing in calendar if listing.phase == Phase.UPCOMING]
    live = [listing for listing in calendar if listing.phase == Phase.LIVE]
    if upcoming and upcoming[0].drop.starts_at - database_time() <= NEXT_WITHIN:
        return upcoming[0]
    if live:
        return max(
            live, key=lambda listing: (listing.stock is not None and listing.stock.available > 0, listing.drop.starts_at)
        )
    return upcoming[0] if upcoming else calendar[0]


def newest_buyers(calendar: list[DropListing], *, limit: int = 12) -> list[dict[str, Any]]:
    """For the ticker: the newest sales of all these drops; names only of those who opted in (L5)."""
    sales = [{**sale, "title": listing.drop.title} for listing in calendar for sale in listing.facts["recent_buyers"]]
    return sorted(sales, key=lambda sale: sale["at"], reverse=True)[:limit]
