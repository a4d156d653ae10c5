"""The closet on the pages of orders, so that `reservations` need not know of it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import template

from community.closet.models import Pair
from reservations.purchases.models import Purchase

register = template.Library()


@register.simple_tag(takes_context=True)
def pairs_of(context: template.RequestContext, purchases: Iterable[Any]) -> dict[UUID, Pair]:
    """By the ids of these purchases the pairs they became, whosever they are now; in one statement."""
    known = Pair.objects.filter(purchase__in=[bought.pk for bought in purchases])
    return {pair.purchase_id: pair for pair in known if pair.purchase_id}


@register.inclusion_tag("community/closet/_put.html", takes_context=True)
def into_closet(context: template.RequestContext, purchase: Any, pairs: Mapping[UUID, Pair] | None = None) -> dict[str, Any]:
    """A button that puts the pair of a paid purchase into the closet, or the way to it; nothing for what was traded away."""
    pair = (pairs_of(context, [purchase]) if pairs is None else pairs).get(purchase.pk)
    mine = pair is None or pair.owner_id == context["request"].user.pk
    return {
        "purchase": purchase,
        "pair": pair if pair and pair.removed_at is None else None,
        "shown": mine and purchase.status in Purchase.KEPT,
        "csrf_token": context.get("csrf_token"),
    }
