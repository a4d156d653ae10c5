"""The forms of a draw on its drop's page: enter, withdraw. Each leads back to how things stand."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from drops.models import Drop
from dropshop.core.errors import DropshopError
from dropshop.core.limits import limit
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from reservations.checkout.views import after
from reservations.draws import entries


@posted("drop", "slug")
@login_required
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """An entry with the `sizes`, the saved `address` and the saved card that were chosen, alone or in a `group`."""
    drop = _drop(slug)
    wanted = list(dict.fromkeys(label for label in request.POST.getlist("sizes") if label))
    said: dict[str, Any] = {name: request.POST.get(name, "") for name in ("address", "payment_method")}
    group = "new" if request.POST.get("opens_group") else request.POST.get("group", "").strip()
    try:
        limit("draw-entries", request)
        entries.enter(member_of(request), drop, sizes=wanted, group=group, **said)
    except DropshopError as refusal:
        return after(request, drop, refusal)
    return after(request, drop)


@posted("drop", "slug")
@login_required
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """The end of the entry."""
    drop = _drop(slug)
    try:
        limit("draw-entries", request)
        entries.withdraw(member_of(request), drop)
    except DropshopError as refusal:
        return after(request, drop, refusal)
    return after(request, drop)


def _drop(slug: str) -> Drop:
    return get_object_or_404(Drop.objects.published().select_related("sneaker"), slug=slug)
