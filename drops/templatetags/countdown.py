"""The countdown's three figures as the server sees them."""

from django import template

from drops.listings import Listing
from drops.words import seconds_between

register = template.Library()


@register.filter
def figures(listing: Listing) -> list[tuple[str, str]]:
    """Hours, minutes and seconds to the bell; days, hours and minutes when it is far."""
    left = seconds_between(listing.server_time, listing.facts["starts_at"])
    if left >= 100 * 3600:
        numbers = {"d": left // 86400, "h": left % 86400 // 3600, "m": left % 3600 // 60}
    else:
        numbers = {"h": left // 3600, "m": left % 3600 // 60, "s": left % 60}
    return [(f"{number:02}", unit) for unit, number in numbers.items()]
