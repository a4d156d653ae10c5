"""The hold on a drop's page, brought in by its template, so that `drops` need not know of reservations."""

from django import template

from drops.listings import DropListing
from dropshop.core.countries import names
from reservations.checkout.buy_box import BuyBox, buy_box_for

register = template.Library()


@register.simple_tag(takes_context=True)
def decision_on(context: template.RequestContext, listing: DropListing) -> BuyBox:
    """What the viewer of this page can do on the drop."""
    request = context["request"]
    return buy_box_for(listing.drop, viewer=request.user, session=request.session.session_key, listing=listing)


@register.filter
def country_name(code: str) -> str:
    """The country behind the code of an address; what is no code stays as it was written."""
    return names().get(code, code)
