"""Which sneaker and size of the catalogue an item is: by its style code, exactly; what is not certain is left alone."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from community.feed_reader.parsing import FeedEntry
from drops.models import Sneaker
from drops.sizes.values import BETWEEN, NO_SIZE_NAMES, InvalidSize, SizeSystem, own_size
from dropshop.core.money import InvalidAmount, Money
from dropshop.core.price_text import read_price
from dropshop.core.spelling import spelled_plainly

WORD = re.compile(r"[^\W_]+")
NO_SIZE = {"", "default title", *NO_SIZE_NAMES}
MAX_PRICE = 10**9  # minor units; more is a mistake


class FeedOffer(NamedTuple):
    """How a sneaker in a size (""; of which the feed says none) stands in a feed."""

    sneaker: Sneaker
    size: str
    in_stock: bool | None  # None: the feed does not say
    money: Money | None
    link: str
    announced: bool  # said to be new since the source was last read
    is_announcement: bool  # and nothing but that: it says nothing of how it stands now


class Catalogue:
    """Finds sneakers by their style codes in texts."""

    def __init__(self, sneakers: Iterable[Sneaker] | None = None) -> None:
        self._by_word: dict[str, list[tuple[str, Sneaker]]] = defaultdict(list)
        for sneaker in Sneaker.objects.all() if sneakers is None else sneakers:
            code = sneaker.style_code.casefold()
            if first := WORD.search(code):
                self._by_word[first[0]].append((code[first.start() :], sneaker))

    def find(self, texts: Iterable[str]) -> Sneaker | None:
        """The one sneaker whose style code stands in these texts as words of their own; None for none, and for several."""
        found: dict[UUID, Sneaker] = {}
        for text in texts:
            end = 0
            for word in WORD.finditer(spelled := text.casefold()):
                if word.start() < end:
                    continue
                # The longest: DZ5485-612 before DZ5485.
                fitting = [
                    (len(code), sneaker)
                    for code, sneaker in self._by_word.get(word[0], ())
                    if spelled.startswith(code, word.start()) and not spelled[word.start() + len(code) :][:1].isalnum()
                ]
                if fitting:
                    length, sneaker = max(fitting, key=lambda fit: fit[0])
                    found[sneaker.pk], end = sneaker, word.start() + length
        return next(iter(found.values())) if len(found) == 1 else None


def size_of(said: str, system: str = SizeSystem.US_MEN) -> str | None:
    """The size as the sneaker's labels write it: "9.5" for "US 9,5 / Black"; "" where there is but one; None for no size.

    What stands beside the size may be a colour in words. Where another number stands there, nobody knows which is the size.
    """
    parts = [part.strip() for part in BETWEEN.split(spelled_plainly(said))]
    numbered = [part for part in parts if re.search(r"\d", part)]
    if not numbered:
        return "" if set(parts) & NO_SIZE else None
    try:
        return own_size(" / ".join(numbered), system)
    except InvalidSize:
        return None


def match(items: Sequence[FeedEntry], *, since: datetime | None = None) -> tuple[dict[tuple[UUID, str], FeedOffer], int]:
    """What the items say of our sneakers, by sneaker and size, and how many items say nothing of any.

    Of several items for one size the one that is to be had counts, then one that may be, and of those the newest. `since`:
    what was announced after that moment is new.
    """
    catalogue = Catalogue()
    seen: dict[tuple[UUID, str], FeedOffer] = {}
    unmatched = 0
    for item in items:
        sneaker = catalogue.find(item.texts)
        size = size_of(item.size, sneaker.size_system) if sneaker else None
        if sneaker is None or size is None:
            unmatched += 1
            continue
        announced = bool(since and item.at and item.at > since)
        thing = FeedOffer(sneaker, size, item.in_stock, price_of(item, sneaker), item.link, announced, item.is_announcement)
        before = seen.get((sneaker.pk, size))
        if before is None or _weight(thing) > _weight(before):
            seen[sneaker.pk, size] = thing
    return seen, unmatched


def _weight(thing: FeedOffer) -> tuple[int, bool]:
    return {True: 2, None: 1, False: 0}[thing.in_stock], thing.announced


def price_of(item: FeedEntry, sneaker: Sneaker) -> Money | None:
    """The item's price, in the sneaker's currency where it named none; None for what is no price for certain."""
    named = item.currency.strip().upper()
    try:
        money = read_price(item.price, named or sneaker.currency)
    except InvalidAmount:
        return None
    return money if named in ("", money.currency) and 0 < money.minor <= MAX_PRICE else None
