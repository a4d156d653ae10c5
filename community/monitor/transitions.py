"""What is news in a reading: what was out and is in, what was in and is out, and prices that are others than before.

The first reading of a source says how things stand, and no more. Later readings are compared with the offers we kept: what
stood as out and is in counts, and so does a size that is new of a sneaker we had seen there, and an entry that says it was
announced since. A sneaker that we have only just learned to recognise was perhaps never out: it is kept, and not reported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from community.models import Offer, PricePoint, Source
from community.monitor import prices
from community.monitor.matching import Seen
from drops.clock import database_time
from drops.models import Sneaker

Key = tuple[UUID, str]


@dataclass(slots=True)
class News:
    """What came of a reading: the sneakers that came in, with their sizes, and those of which nothing is left."""

    came_in: dict[Sneaker, list[Seen]] = field(default_factory=dict)
    gone: list[Sneaker] = field(default_factory=list)


def note(source: Source, seen: Mapping[Key, Seen], *, whole: bool) -> News:
    """Brings the source's offers to what was seen, notes new prices, and says what is news.

    `whole`: what is not among it is out. Of a feed's entries that says nothing about the store, as feeds show the newest
    alone: they count as out for what comes next, and no report ends by it. Call it with the source's row locked.
    """
    kept = {(offer.sneaker_id, offer.size): offer for offer in source.offers.select_related("sneaker")}
    came_in, left, new, changed = defaultdict(list), set(), [], []
    for key, thing in sorted(seen.items(), key=lambda pair: str(pair[0])):
        offer = kept.get(key)
        if _came_in(source, thing, offer, kept):
            came_in[thing.sneaker].append(thing)
        if offer and offer.in_stock and not thing.in_stock:
            left.add(thing.sneaker)
        _note_price(source, thing, offer)
        now_so = Offer(source=source, sneaker=thing.sneaker, size=thing.size, in_stock=thing.in_stock, link=thing.link)
        now_so.price, now_so.currency = (thing.money.minor, thing.money.currency) if thing.money else (None, "")
        if offer is None:
            new.append(now_so)
        elif _state(offer) != _state(now_so):
            now_so.pk = offer.pk
            changed.append(now_so)
    if whole:
        for offer in (offer for key, offer in kept.items() if key not in seen and offer.in_stock):
            offer.in_stock = False
            changed.append(offer)
            if source.kind != Source.Kind.FEED:
                left.add(offer.sneaker)
    moment = database_time()
    for offer in [*new, *changed]:
        offer.changed_at = moment
    Offer.objects.bulk_create(new)
    Offer.objects.bulk_update(changed, ["in_stock", "price", "currency", "link", "changed_at"])
    return News(dict(came_in), _nothing_left(source, left))


def _came_in(source: Source, thing: Seen, offer: Offer | None, kept: Mapping[Key, Offer]) -> bool:
    if not thing.in_stock:
        return False
    if offer is not None:
        return not offer.in_stock
    return source.read_at is not None and (thing.announced or any(pk == thing.sneaker.pk for pk, _ in kept))


def _note_price(source: Source, thing: Seen, offer: Offer | None) -> None:
    """Where it is another than before."""
    if thing.money and (offer is None or (offer.price, offer.currency) != (thing.money.minor, thing.money.currency)):
        prices.record(thing.sneaker, thing.size, thing.money, origin=PricePoint.Origin.SOURCE, store=source.store)


def _state(offer: Offer) -> tuple[object, ...]:
    return offer.in_stock, offer.price, offer.currency, offer.link


def _nothing_left(source: Source, sneakers: Iterable[Sneaker]) -> list[Sneaker]:
    """Those of which this source has no size any more."""
    had = source.offers.filter(in_stock=True).values_list("sneaker_id", flat=True)
    still = set(had.filter(sneaker__in=list(sneakers)))
    return sorted((sneaker for sneaker in sneakers if sneaker.pk not in still), key=lambda sneaker: str(sneaker.pk))
