"""The pages on which drops are looked at."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from drops.listings import headline, listings_of, newest_buyers, release_calendar
from drops.models import Drop


@cache_control(private=True, no_cache=True)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The drop that matters now, and the release calendar."""
    calendar = release_calendar(viewer=request.user)
    context = {
        "calendar": calendar,
        "headline": headline(calendar),
        "buyers": newest_buyers(calendar),
        "server_time": calendar[0].server_time if calendar else None,
    }
    return render(request, "drops/home.html", context)


@cache_control(private=True, no_cache=True)
@require_safe
def drop(request: HttpRequest, slug: str) -> HttpResponse:
    """One drop: its sneaker, its stock, and what this viewer can do."""
    if "preview" in request.GET and request.user.is_staff and request.user.has_perm("drops.view_drop"):
        return preview(request, slug)
    drops = Drop.objects.published().select_related("sneaker").prefetch_related("sneaker__pictures")
    found = get_object_or_404(drops, slug=slug)
    (listing,) = listings_of([found], viewer=request.user)
    return render(request, "drops/drop.html", {"listing": listing, "server_time": listing.server_time})


def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """A draft as it will be seen once it is published, for staff; a published drop is shown as it is."""
    drops = Drop.objects.select_related("sneaker").prefetch_related("sneaker__pictures")
    found = get_object_or_404(drops, slug=slug)
    if found.published:
        return redirect(found)
    found.published = True  # in memory alone: that is how the page will look
    (listing,) = listings_of([found], viewer=request.user)
    return render(request, "drops/preview.html", {"listing": listing, "server_time": listing.server_time})
