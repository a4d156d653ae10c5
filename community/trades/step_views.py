"""What is done to a trade from its page: each a form's POST, and back to the page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.accounts.linked_accounts import records_device
from community.trades import disputes, offers, ratings, shipping
from community.trades.views import accept_page, trade_page
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from dropshop.core.posted import posted


def _stars(text: str) -> int:
    if text not in {"1", "2", "3", "4", "5"}:
        raise Invalid(errors={"stars": ["Choose one to five stars."]})
    return int(text)


# What each address does, and the sentence said after it.
DEEDS: dict[str, tuple[Callable[[UUID, Any, Any], Any], str]] = {
    "reject": (lambda pk, me, given: offers.reject(pk, by=me), "Rejected. Every pair stays where it is."),
    "withdraw": (lambda pk, me, given: offers.withdraw(pk, by=me), "Withdrawn. Every pair stays where it is."),
    "sent": (
        lambda pk, me, given: shipping.mark_sent(
            pk, by=me, carrier=given.get("carrier", ""), tracking=given.get("tracking", "")
        ),
        "Saved. The other side has been told that it is on its way.",
    ),
    "received": (lambda pk, me, given: shipping.mark_received(pk, by=me), "Saved. You have received what you traded for."),
    "dispute": (
        lambda pk, me, given: disputes.open_dispute(pk, by=me, reason=given.get("reason", "")),
        "Our staff will look at it and decide.",
    ),
    "rating": (
        lambda pk, me, given: ratings.rate(pk, by=me, stars=_stars(given.get("stars", "")), text=given.get("text", "")),
        "Thank you. Your rating is shown on their page.",
    ),
}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("trade")
@records_device
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What accepting will do, in sentences, and the button that does it: a POST without that button's word only asks again."""
    if request.method != "POST" or request.POST.get("agreed") != "yes":
        return accept_page(request, pk)
    try:
        offers.accept(pk, by=member_of(request))
    except NotFound:
        raise
    except DropshopError as refusal:
        return trade_page(request, pk, refusal)
    messages.success(request, "Accepted. The pairs have changed closets.")
    return redirect("trade", pk=pk)


@posted("trade", "pk")
@never_cache
@login_required
@limited("trade")
@records_device
def do(request: HttpRequest, pk: UUID, deed: str) -> HttpResponse:
    """Does it, and shows the trade; a refusal stands on the page with what had been typed."""
    if deed not in DEEDS:
        raise NotFound
    act, said = DEEDS[deed]
    try:
        act(pk, member_of(request), request.POST)
    except NotFound:
        raise
    except DropshopError as refusal:
        return trade_page(request, pk, refusal)
    messages.success(request, said)
    return redirect("trade", pk=pk)
