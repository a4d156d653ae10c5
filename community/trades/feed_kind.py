"""A completed trade as an item of the feed."""

from typing import Any

from community.feed.kinds import Kind, sneaker_facts, thing
from community.people import relations
from community.trades.agreed import terms_of
from community.trades.models import TradeItem


def _of_trade(item: Any) -> dict[str, Any]:
    trade = item.trade
    names = {side.pk: relations.display_name(side) for side in (trade.proposer, trade.receiver)}
    pairs = [_traded(given, names.get(given.giver_id)) for given in trade.items.all()]
    title = " and ".join(name or "a former member" for name in names.values()) + " traded"
    return thing("trade", trade, title, trade.get_absolute_url(), members=list(names.values()), pairs=pairs)


def _traded(given: TradeItem, giver: str | None) -> dict[str, Any]:
    """A pair as it was offered."""
    terms = terms_of(given)
    sneaker = {**sneaker_facts(given.pair.sneaker), "name": f"{terms['sneaker']['brand']} {terms['sneaker']['name']}"}
    return {"giver": giver, "size": terms["size"], "sneaker": sneaker}


TRADE = Kind(("trade__items__pair__sneaker__pictures", "trade__proposer", "trade__receiver"), _of_trade)
