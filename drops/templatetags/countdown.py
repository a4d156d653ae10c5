"""The server's time on a page, and the countdown's three figures as the server sees them."""

from django import template

from drops.listings import DropListing
from dropshop.core.clock import estimated_database_time, iso, seconds_between

register = template.Library()


@register.simple_tag(takes_context=True)
def page_time(context: template.Context) -> str:
    """The time of the page: `server_time` of the facts on it, else the database's clock as this process estimates it."""
    return context.get("server_time") or iso(estimated_database_time()) or ""


@register.filter
def figures(listing: DropListing) -> list[tuple[str, str]]:
    """Hours, minutes and seconds until the drop opens; days, hours and minutes when that is far away."""
    left = seconds_between(listing.server_time, listing.facts["starts_at"])
    if left >= 100 * 3600:
        numbers = {"d": left // 86400, "h": left % 86400 // 3600, "m": left % 3600 // 60}
    else:
        numbers = {"h": left // 3600, "m": left % 3600 // 60, "s": left % 60}
    return [(f"{number:02}", unit) for unit, number in numbers.items()]
