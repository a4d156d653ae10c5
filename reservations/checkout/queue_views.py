"""The forms of a queue on its drop's page: join, choose sizes, leave. Each leads back to how things stand."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from drops.models import Drop, Size
from drops.stock.size_run import require_size
from dropshop.core.errors import DropshopError
from dropshop.core.limits import limit
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from reservations.checkout.views import after
from reservations.queue import join as queue


def _act(request: HttpRequest, slug: str, act: Callable[[Any, Drop], object]) -> HttpResponse:
    drop = get_object_or_404(Drop.objects.published().select_related("sneaker"), slug=slug)
    try:
        limit("queue", request)
        act(member_of(request), drop)
    except DropshopError as refusal:
        return after(request, drop, refusal)
    return after(request, drop)


def _sizes(request: HttpRequest, drop: Drop) -> list[Size]:
    return [require_size(drop, label) for label in request.POST.getlist("sizes") if label]


@posted("drop", "slug")
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """A place in the queue, with the `sizes` that were chosen."""
    return _act(request, slug, lambda member, drop: queue.join(member, drop, _sizes(request, drop)))


@posted("drop", "slug")
@login_required
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Other `sizes`; the place stays."""
    return _act(request, slug, lambda member, drop: queue.choose(member, drop, _sizes(request, drop)))


@posted("drop", "slug")
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """The end of the place, or of the turn."""
    return _act(request, slug, lambda member, drop: queue.leave(member.pk, drop.pk))
