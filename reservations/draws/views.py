"""The page of a draw, and its files."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from drops.models import Drop, Mode
from dropshop.core.errors import NotFound
from reservations.draws.models import DrawFile
from reservations.draws.presenter import DrawPage

KINDS = {"csv": "text/csv", "json": "application/json", "py": "text/x-python"}


@cache_control(private=True, no_cache=True)
@require_safe
def draw(request: HttpRequest, slug: str) -> HttpResponse:
    """What came of a draw, why, and what proves it; `rank`: to look at another one."""
    drops = Drop.objects.published().select_related("sneaker").prefetch_related("sneaker__pictures")
    drop = get_object_or_404(drops, slug=slug, mode=Mode.DRAW)
    _require_in(request, drop)
    asked = request.GET.get("rank", "")
    around = int(asked) if asked.isdecimal() and len(asked) < 8 else None
    context = {"page": DrawPage(drop, request.user, around), "drop": drop, "sneaker": drop.sneaker}
    return render(request, "reservations/draws/draw.html", context)


@require_safe
def file(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A file of the draw, exactly as it was published."""
    found = get_object_or_404(DrawFile.objects.select_related("draw__drop"), draw__drop__slug=slug, name=name)
    _require_in(request, found.draw.drop)
    response = HttpResponse(bytes(found.content), content_type=f"{KINDS[name.rpartition('.')[2]]}; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{found.name}"'
    return response


def _require_in(request: HttpRequest, drop: Drop) -> None:
    if not drop.may_enter(request.user):
        raise NotFound("There is no such draw.")
