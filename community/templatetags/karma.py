"""Points and levels in words."""

from django import template

from community.karma import facts
from community.karma.models import KarmaLevel

register = template.Library()


@register.filter
def signed(points: int) -> str:
    """ "+10", "−5": with the minus of typography."""
    return f"+{points}" if points > 0 else f"−{-points}"


@register.filter
def unlocks(level: KarmaLevel) -> str:
    """ "confirm reports and post links"; "" where the level unlocks nothing."""
    return " and ".join(facts.unlocked(level))
