"""What a sneaker in a size costs: noted when somebody says so, and judged by what is known of the last year.

Prices come from stores' feeds, members' reports and trades (kept as `PricePoint`), and from the sales here, which are read
from the purchases and kept nowhere else. A drop sells all its pairs at one price: that is one price known, however many
pairs were sold at it, or the shop's own retail price would drown every other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from community.pricing.condition import CONDITION_FACTORS, Condition
from community.pricing.models import PricePoint
from community.stores.models import Store
from drops.models import Sneaker
from drops.sizes.labels import in_order
from dropshop.core.clock import database_time, iso
from dropshop.core.money import Money
from dropshop.core.sql import rows

HISTORY_SPAN = timedelta(days=365)

# A price is judged odd by the last prices of the same sneaker, size and currency that were not.
JUDGED_BY = timedelta(days=90)
MAX_JUDGES, MIN_JUDGES = 30, 5
# Modified z-score beyond 3.5: B. Iglewicz and D. Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993), page 11.
FAR, NORMAL = 3.5, 0.6745
# Prices that hardly ever move have a deviation of nothing, by which every sale would be odd: it counts as 5 % of the median.
MIN_DEVIATION = 0.05
# Before there are enough to judge by, a price so many times the retail price, or so small a part of it, is odd.
ODD_FACTOR = 20


# Every price known of some sneakers that is not older than `age`; `size` is "" where it is the price of every size.
KNOWN = """
WITH known AS (
SELECT point.sneaker_id, point.size, point.price, point.currency, point.at, point.origin, point.is_odd, store.name AS store
  FROM {pricepoint} AS point LEFT JOIN {store} AS store ON store.id = point.store_id
 WHERE point.sneaker_id = ANY(%(sneakers)s::uuid[]) AND point.at > statement_timestamp() - %(age)s
 UNION ALL
SELECT release.sneaker_id, size.label, sale.price, sale.currency, max(sale.created_at), 'sale', false, NULL
  FROM {drop} AS release
  JOIN {size} AS size ON size.drop_id = release.id
  JOIN {purchase} AS sale ON sale.size_id = size.id
 WHERE release.sneaker_id = ANY(%(sneakers)s::uuid[])
   AND sale.status IN ('paid', 'packed', 'shipped', 'delivered') AND sale.created_at > statement_timestamp() - %(age)s
 GROUP BY release.id, size.label, sale.price, sale.currency
)
"""

# Of several currencies the one most prices are in; quartiles as PostgreSQL interpolates them.
VALUES = """
   , wanted AS (SELECT DISTINCT * FROM unnest(%(wanted)s::uuid[], %(sizes)s::text[]) AS wanted(sneaker_id, size))
SELECT DISTINCT ON (wanted.sneaker_id, wanted.size) wanted.sneaker_id, wanted.size, currency, count(*),
       percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY price)
  FROM wanted JOIN known ON known.sneaker_id = wanted.sneaker_id AND known.size IN (wanted.size, '')
 WHERE NOT is_odd
 GROUP BY wanted.sneaker_id, wanted.size, currency
 ORDER BY wanted.sneaker_id, wanted.size, count(*) DESC, currency
"""

HISTORY = """
SELECT size, price, currency, at, origin, is_odd, store FROM known
 WHERE (%(size)s::text IS NULL OR size IN (%(size)s, '')) AND (%(before)s::timestamptz IS NULL OR at < %(before)s)
 ORDER BY at DESC, size, price LIMIT %(limit)s
"""

# By what a new price is judged: the last ones of each sneaker, size and currency that were not odd.
JUDGES = """
   , placed AS (SELECT *, row_number() OVER (PARTITION BY sneaker_id, size, currency ORDER BY at DESC) AS place
                  FROM known WHERE NOT is_odd)
SELECT sneaker_id, size, currency, array_agg(price) FROM placed WHERE place <= %(most)s GROUP BY sneaker_id, size, currency
"""

SIZES = "SELECT DISTINCT size FROM known"


class Valued(Protocol):
    """A pair, which stands above its price."""

    @property
    def pk(self) -> UUID: ...
    @property
    def sneaker_id(self) -> UUID: ...
    @property
    def size(self) -> str: ...
    @property
    def condition(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a pair is worth: half of the `count` prices known lie between `low` and `high`; minor units of `currency`."""

    low: int
    middle: int
    high: int
    currency: str
    count: int

    def of(self, condition: int) -> "Valuation":
        """The same for a pair that is worn so much (`CONDITION_FACTORS`)."""
        left = CONDITION_FACTORS[Condition(condition)]
        return Valuation(round(self.low * left), round(self.middle * left), round(self.high * left), self.currency, self.count)

    @property
    def facts(self) -> dict[str, Any]:
        """As the API tells it."""
        money = {name: Money(getattr(self, name), self.currency).facts for name in ("low", "middle", "high")}
        return {**money, "count": self.count}


class KnownPrice(NamedTuple):
    """One price: of which size ("": of every size), when, from where; `store` is a name, or None."""

    size: str
    money: Money
    at: datetime
    origin: str
    is_odd: bool
    store: str | None

    @property
    def origin_in_words(self) -> str:
        """Where from, for people."""
        return self.store or PricePoint.Origin(self.origin).label

    @property
    def facts(self) -> dict[str, Any]:
        """As the API tells it."""
        known = {"size": self.size, "price": self.money.facts, "at": iso(self.at), "origin": self.origin}
        return {**known, "store": self.store, "is_odd": self.is_odd}


class Note(NamedTuple):
    """What a sneaker costs in a size; "" where the price is that of every size."""

    sneaker: Sneaker
    size: str
    money: Money


def record_price(sneaker: Sneaker, size: str, money: Money, *, origin: str, store: Store | None = None) -> PricePoint:
    """Notes what the sneaker costs in this size now, as `record_all` does."""
    (point,) = record_all([Note(sneaker, size, money)], origin=origin, store=store)
    return point


def record_all(notes: Iterable[Note], *, origin: str, store: Store | None = None) -> list[PricePoint]:
    """Notes what these sneakers cost now, in as many statements for one as for many.

    `origin` is one of `PricePoint.Origin`; sales here need no noting. Whether a price is odd is decided now: when its
    modified z-score 0.6745 |x - median| / MAD (Iglewicz and Hoaglin 1993) against the last 30 prices of 90 days that were
    not odd is above 3.5. With fewer than five of those only what is absurd beside the retail price.
    """
    notes = list(notes)
    if not notes:
        return []
    before: dict[tuple[UUID, str, str], list[int]] = {
        (sneaker, size, currency): list(last)
        for sneaker, size, currency, last in _rows(
            JUDGES, sneakers=list({note.sneaker.pk for note in notes}), age=JUDGED_BY, most=MAX_JUDGES
        )
    }
    moment = database_time()
    return PricePoint.objects.bulk_create(
        PricePoint(
            sneaker=note.sneaker,
            size=note.size,
            store=store,
            price=note.money.minor,
            currency=note.money.currency,
            origin=origin,
            is_odd=_is_doubtful(note, before.get((note.sneaker.pk, note.size, note.money.currency), [])),
            at=moment,
        )
        for note in notes
    )


def _is_doubtful(note: Note, before: Sequence[int]) -> bool:
    return is_odd(note.money.minor, before) or (len(before) < MIN_JUDGES and is_absurd(note.sneaker, note.money))


def is_odd(price: int, before: Sequence[int]) -> bool:
    """Whether the price is far from those before it."""
    if len(before) < MIN_JUDGES:
        return False
    middle = median(before)
    deviation = max(median(abs(one - middle) for one in before), MIN_DEVIATION * middle)
    return NORMAL * abs(price - middle) > FAR * deviation


def is_absurd(sneaker: Sneaker, money: Money) -> bool:
    """Whether no such price can be meant; of another currency than the retail price nobody can say."""
    retail = sneaker.retail_price
    return money.currency == sneaker.currency and not retail <= money.minor * ODD_FACTOR <= retail * ODD_FACTOR**2


def by_size(sneaker: Sneaker) -> dict[str, Valuation]:
    """What a new pair of the sneaker is worth in each size of which a price is known; "" where prices name none."""
    sizes = {size for (size,) in _rows(SIZES, sneakers=[sneaker.pk], age=HISTORY_SPAN)}
    found = values((sneaker.pk, size) for size in sizes)
    return {size: found[sneaker.pk, size] for size in in_order(sizes) if (sneaker.pk, size) in found}


def value(sneaker: Sneaker, size: str, condition: int | None = None) -> Valuation | None:
    """What a pair in this size is worth by the prices of a year, odd ones left out; None where none is known.

    In this condition; a new one where it is left out.
    """
    found = values([(sneaker.pk, size)]).get((sneaker.pk, size))
    return found if found is None or condition is None else found.of(condition)


def values_of(pairs: Iterable[Valued]) -> dict[UUID, Valuation]:
    """What these pairs are worth in their condition, by their ids; in one statement. Of which nothing is known are missing."""
    pairs = list(pairs)
    found = values((pair.sneaker_id, pair.size) for pair in pairs)
    known = ((pair, found.get((pair.sneaker_id, pair.size))) for pair in pairs)
    return {pair.pk: worth.of(pair.condition) for pair, worth in known if worth is not None}


def values(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Valuation]:
    """What a new pair of each (sneaker's id, size) is worth; in one statement."""
    pairs = sorted(set(wanted), key=str)
    if not pairs:
        return {}
    sneakers, sizes = [pk for pk, _ in pairs], [size for _, size in pairs]
    found = _rows(VALUES, sneakers=list(set(sneakers)), age=HISTORY_SPAN, wanted=sneakers, sizes=sizes)
    return {
        (sneaker, size): Valuation(round(low), round(middle), round(high), currency, count)
        for sneaker, size, currency, count, (low, middle, high) in found
    }


def history(
    sneaker: Sneaker,
    size: str | None = None,
    *,
    age: timedelta = HISTORY_SPAN,
    before: datetime | None = None,
    limit: int = 1000,
) -> list[KnownPrice]:
    """The prices known of the last year (`before` a moment), the newest first, odd ones too; of one size, or of all."""
    found = _rows(HISTORY, sneakers=[sneaker.pk], age=age, size=size, before=before, limit=limit)
    return [
        KnownPrice(label, Money(price, currency), at, origin, odd, store)
        for label, price, currency, at, origin, odd, store in found
    ]


def _rows(statement: str, **parameters: Any) -> list[Any]:
    """What the statement finds among the prices `known`."""
    return rows(KNOWN + statement, **parameters)
