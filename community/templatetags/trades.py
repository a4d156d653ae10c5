"""How well traders are known, beside their names."""

from typing import Any

from django import template

from community.trades.ratings import TraderRating

register = template.Library()


@register.filter
def standing(known: dict[Any, TraderRating], member_id: Any) -> str:
    """ "4.8 of 5 · 12 trades"."""
    return known[member_id].words
