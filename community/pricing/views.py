"""What a sneaker costs: its page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from community.pricing import prices
from community.pricing.prices import Valuation
from drops.models import Sneaker
from drops.sizes.labels import meant
from dropshop.core.clock import iso
from dropshop.core.money import Money

PAGE_SIZE = 40  # rows


@cache_control(private=True, no_cache=True)
@require_safe
def sneaker(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its value by size, and the prices it comes from; of one size where `?size=` names it."""
    found = get_object_or_404(Sneaker.objects.prefetch_related("pictures"), pk=pk)
    worth = prices.by_size(found)
    size = meant(request.GET.get("size", ""), worth)
    before = _moment(request.GET.get("before", ""))
    known = prices.history(found, size, before=before, limit=PAGE_SIZE + 1)
    context = {
        "sneaker": found,
        "worth": [_size_row(label, value) for label, value in worth.items()],
        "size": size,
        "known": known[:PAGE_SIZE],
        "older": iso(known[PAGE_SIZE - 1].at) if len(known) > PAGE_SIZE else None,
        "is_first": before is None,
    }
    return render(request, "community/pricing/prices.html", context)


@cache_control(public=True, max_age=300)
@require_safe
def art(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its first photograph, or the drawing while there is none: for lines that a script makes of what the socket tells."""
    found = get_object_or_404(Sneaker.objects.prefetch_related("pictures"), pk=pk)
    if photographs := found.pictures.all():
        return HttpResponseRedirect(photographs[0].image.url)
    context = {"sneaker": found, "alone": True}
    return render(request, "drops/_art.html", context, content_type="image/svg+xml")


def _size_row(size: str, value: Valuation) -> dict[str, Any]:
    """A line of the table."""
    money = {name: Money(getattr(value, name), value.currency) for name in ("low", "middle", "high")}
    return {"size": size, "count": value.count, **money}


def _moment(text: str) -> Any:
    """The moment, or None for what is none: the first page."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
