"""The terms of an offer, frozen in it when it is made (T2): what each pair was, as its giver described and showed it then.

They stand as JSON in the offer's row of the pair: `sneaker` (what names it), `size`, `condition` (its number), `notes`,
`pictures` (each a `file` and its `alt`). A trigger refuses every other change of them than taking the giver's own words and
photographs away. A photograph's file belongs to all rows that name it: code that deletes a row asks `unused` for the files to
delete.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import F, Func, JSONField, QuerySet, Value

from community.closet.models import Pair, PairPicture, Visibility
from community.pricing.condition import Condition
from community.trades.models import Trade, TradeItem
from drops.catalogue.facts import sneaker_summary

BLANK: dict[str, Any] = {"notes": "", "pictures": []}


class Agreed(NamedTuple):
    """One pair of an offer as its terms say; `pair` is the row as it is now. `pictures` have a `url` and an `alt`."""

    pair: Pair
    sneaker: dict[str, str]
    size: str
    condition: Condition
    notes: str
    pictures: list[dict[str, str]]

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"{self.sneaker['brand']} {self.sneaker['name']} {self.size}"


def freeze(pair: Pair) -> dict[str, Any]:
    """The pair's terms as they are now; call it with the pair locked."""
    pictures = [{"file": picture.image.name, "alt": picture.alt} for picture in pair.pictures.all()]
    return {**_nature(pair), "notes": pair.notes, "pictures": pictures}


def _nature(pair: Pair) -> dict[str, Any]:
    """What the pair is, apart from what is said of it."""
    return {"sneaker": sneaker_summary(pair.sneaker), "size": pair.size, "condition": int(pair.condition)}


def agreed(item: TradeItem, trade: Trade) -> Agreed:
    """What this row of the trade says. Notes and photographs are left out where `is_told` says so."""
    pair, terms = item.pair, terms_of(item)
    told = terms if is_told(item, trade) else BLANK
    pictures = [{"url": default_storage.url(one["file"]), "alt": one["alt"]} for one in told["pictures"]]
    return Agreed(pair, terms["sneaker"], terms["size"], Condition(terms["condition"]), told["notes"], pictures)


def terms_of(item: TradeItem) -> dict[str, Any]:
    """A row that was written while the shop was being upgraded has no terms: what the pair is stands for them."""
    return item.terms or {**_nature(item.pair), **BLANK}


def is_told(item: TradeItem, trade: Trade) -> bool:
    """Whether the trade shows the notes and photographs of the pair: as long as somebody may rely on them. What a moderator has
    hidden it never shows, and an offer that came to nothing not what its owner keeps to themselves since.
    """
    if item.pair.hidden:
        return False
    return trade.status in {Trade.Status.PENDING, Trade.Status.ACCEPTED} or (
        item.pair.owner_id == item.giver_id and is_shown(item.pair)
    )


def is_shown(pair: Pair) -> bool:
    """Whether members see the pair."""
    return not (pair.hidden or pair.removed_at) and pair.visibility != Visibility.PRIVATE


def is_unchanged(item: TradeItem, pair: Pair) -> bool:
    """Whether the pair still is the sneaker, size and condition that were offered."""
    if item.terms is None:
        return True
    offered = (item.terms["sneaker"]["id"], item.terms["size"], item.terms["condition"])
    return offered == (str(pair.sneaker_id), pair.size, pair.condition)


def forget(items: QuerySet[TradeItem]) -> None:
    """Removes the givers' own words and photographs from these rows; sneaker, size and condition stay."""
    blanked = Func(F("terms"), Value(BLANK, JSONField()), template="(%(expressions)s)", arg_joiner=" || ")
    items.exclude(terms=None).update(terms=blanked)


def files_of(items: Iterable[TradeItem]) -> set[str]:
    """The names of the photographs' files in these rows."""
    return {picture["file"] for item in items for picture in (item.terms or BLANK)["pictures"]}


def unused(files: Iterable[str], pairs: Collection[UUID]) -> set[str]:
    """Those of these files of these pairs that neither a pair nor an offer shows any more. Ask it with the pairs locked."""
    of_pairs = PairPicture.objects.filter(pair__in=pairs).values_list("image", flat=True)
    return set(files) - set(of_pairs) - files_of(TradeItem.objects.filter(pair__in=pairs).only("terms"))
