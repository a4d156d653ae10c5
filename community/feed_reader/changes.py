"""What is news in a reading: sizes that came into stock, sizes that went out of stock, and changed prices.

The first reading of a source only records the stock. Later readings are compared with the offers we kept (R1):

- What the store said is out, and says is in, came in. What it says is out is out.
- Absence says nothing. What stood there and is missing, or is there without a word on whether it is to be had, stays what it
  was; after `READINGS_TO_BELIEVE` readings in a row it is over. Readings that may be a page of several do not count (`paging`).
  What was missing from lists of others is out from then on; what was there without a word, or missing from lists that were
  empty, is unknown, and is no news when it is there again: a host that has trouble for a while is no sale.
- A size that is new came in where the sneaker stood there without it in `READINGS_TO_BELIEVE` readings; a sneaker that is new,
  only where its entry says that it was announced since the last reading: it was perhaps never out, and we only learned to
  recognise it.
- An entry of a feed that is no offer (it names no availability, no price) is news when it is newer than the last reading, and
  another than the one we know. That it leaves the list says nothing, as feeds show the newest alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from community.feed_reader.matching import FeedOffer
from community.feed_reader.models import Offer, Source
from community.pricing import prices
from community.pricing.models import PricePoint
from drops.models import Sneaker
from dropshop.core.clock import database_time

Key = tuple[UUID, str]
READINGS_TO_BELIEVE = 3  # readings in a row


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of our sneakers, by sneaker and size. `complete`: what is missing does not stand there, as far as one
    reading can say. `empty`: nothing stood there at all.
    """

    seen: Mapping[Key, FeedOffer]
    complete: bool
    empty: bool = False


@dataclass(slots=True)
class News:
    """What came of a reading: the sneakers that came in, with their sizes, and those of which nothing is left."""

    came_in: dict[Sneaker, list[FeedOffer]] = field(default_factory=dict)
    gone: list[Sneaker] = field(default_factory=list)


def note(source: Source, sight: Sight, *, of: Collection[UUID] | None = None, without: Collection[UUID] = ()) -> News:
    """Brings the source's offers to what was seen, notes new prices, and says what is news.

    `of`: of these sneakers alone; `without`: of all but these. Call it with the source's row locked.
    """
    kept = source.offers.select_related("sneaker").exclude(sneaker__in=without)
    kept = kept if of is None else kept.filter(sneaker__in=of)
    seen = {key: thing for key, thing in sight.seen.items() if key[0] not in without and (of is None or key[0] in of)}
    changes = _compare(source, replace(sight, seen=seen), kept)
    moment = database_time()
    for offer in [*changes.new, *changes.changed]:
        offer.changed_at = moment
    _note_price(source, changes.priced)
    Offer.objects.bulk_create(changes.new)
    Offer.objects.bulk_update(changes.changed, FIELDS)
    return News(changes.came_in, _nothing_left(source, changes.left))


def foresee(source: Source, sight: Sight) -> list[Sneaker]:
    """The sneakers of which `note` may have news, in the order in which they are locked; changes nothing."""
    changes = _compare(source, sight, source.offers.select_related("sneaker"))
    return sorted({*changes.came_in, *changes.left}, key=lambda sneaker: str(sneaker.pk))


def are_missed(source: Source) -> bool:
    """Whether further readings decide of an offer whether it is over."""
    return source.offers.filter(missed__gt=0).exists()


@dataclass(slots=True)
class _Changes:
    new: list[Offer] = field(default_factory=list)
    changed: list[Offer] = field(default_factory=list)
    priced: list[FeedOffer] = field(default_factory=list)
    came_in: dict[Sneaker, list[FeedOffer]] = field(default_factory=lambda: defaultdict(list))
    left: set[Sneaker] = field(default_factory=set)


def _compare(source: Source, sight: Sight, offers: Iterable[Offer]) -> _Changes:
    """What the sight makes of these offers of the source."""
    kept = {(offer.sneaker_id, offer.size): offer for offer in offers}
    changes = _Changes()
    for key, thing in sorted(sight.seen.items(), key=lambda pair: str(pair[0])):
        if _came_in(source, sight, thing, kept):
            changes.came_in[thing.sneaker].append(thing)
        _compare_one(source, thing, kept.get(key), changes)
    for key, offer in kept.items():
        if (
            key not in sight.seen
            and offer.in_stock
            and not offer.is_announcement
            and _is_whole(source, sight, offer.sneaker_id)
        ):
            _miss(offer, then=None if sight.empty else False, changes=changes)
            changes.changed.append(offer)
    return changes


def _compare_one(source: Source, thing: FeedOffer, offer: Offer | None, changes: _Changes) -> None:
    if thing.money and (offer is None or (offer.price, offer.currency) != (thing.money.minor, thing.money.currency)):
        changes.priced.append(thing)
    if offer is None:
        offer = Offer(source=source, sneaker=thing.sneaker, size=thing.size, since=source.readings + 1)
        offer.in_stock = thing.in_stock
        changes.new.append(_with_facts(offer, thing))
        return
    before = _state(offer)
    if offer.in_stock and thing.in_stock is None:
        _miss(offer, then=None, changes=changes)
    elif thing.in_stock is not None:
        if offer.in_stock and not thing.in_stock:
            changes.left.add(offer.sneaker)
        offer.in_stock, offer.missed = thing.in_stock, 0
    if _state(_with_facts(offer, thing)) != before:
        changes.changed.append(offer)


def _miss(offer: Offer, *, then: bool | None, changes: _Changes) -> None:
    """One reading more that does not say what it should; with the last of them the offer is over."""
    offer.missed += 1
    if offer.missed >= READINGS_TO_BELIEVE:
        offer.in_stock, offer.missed = then, 0
        changes.left.add(offer.sneaker)


def _with_facts(offer: Offer, thing: FeedOffer) -> Offer:
    offer.link, offer.is_announcement = thing.link, thing.is_announcement
    if thing.money:
        offer.price, offer.currency = thing.money.minor, thing.money.currency
    return offer


def _is_whole(source: Source, sight: Sight, sneaker: UUID) -> bool:
    """Whether all that the source has of the sneaker was seen: product JSON names all sizes of a product at once."""
    return sight.complete or (source.kind == Source.Kind.PRODUCTS and any(key[0] == sneaker for key in sight.seen))


def _came_in(source: Source, sight: Sight, thing: FeedOffer, kept: Mapping[Key, Offer]) -> bool:
    offer = kept.get((thing.sneaker.pk, thing.size))
    if not thing.in_stock:
        return False
    if thing.is_announcement:
        return thing.announced and (offer is None or not offer.in_stock or offer.link != thing.link)
    if offer is not None:
        return offer.in_stock is False
    if source.read_at is None:
        return False
    if thing.announced:
        return True
    known_since = min((other.since for (pk, _), other in kept.items() if pk == thing.sneaker.pk), default=None)
    if known_since is None or not _is_whole(source, sight, thing.sneaker.pk):
        return False
    return source.readings + 1 - known_since >= READINGS_TO_BELIEVE


def _note_price(source: Source, things: Iterable[FeedOffer]) -> None:
    """Those that are others than before."""
    noted = [prices.Note(thing.sneaker, thing.size, thing.money) for thing in things if thing.money]
    prices.record_all(noted, origin=PricePoint.Origin.SOURCE, store=source.store)


FIELDS = ["in_stock", "missed", "is_announcement", "price", "currency", "link", "changed_at"]


def _state(offer: Offer) -> tuple[object, ...]:
    return tuple(getattr(offer, name) for name in FIELDS[:-1])


def _nothing_left(source: Source, sneakers: Iterable[Sneaker]) -> list[Sneaker]:
    """Those of which this source has no size any more."""
    had = source.offers.filter(in_stock=True).values_list("sneaker_id", flat=True)
    still = set(had.filter(sneaker__in=list(sneakers)))
    return sorted((sneaker for sneaker in sneakers if sneaker.pk not in still), key=lambda sneaker: str(sneaker.pk))
