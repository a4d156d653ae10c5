"""The member's karma: how much, what it unlocks, and every entry with its why."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community.karma import facts
from community.karma.models import KarmaEntry
from dropshop.core.pages import member_of, render_live

PAGE_SIZE = 40  # rows


@never_cache
@login_required
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The newest entries; `?older=<id>` goes on below that one."""
    mine: Any = facts.entries_of(member_of(request))
    below = _entry(mine, request.GET["older"]) if "older" in request.GET else None
    if below is not None:
        mine = mine.filter(pk__lt=below.pk)
    rows = list(mine[: PAGE_SIZE + 1])
    context = {
        "standing": facts.standing(member_of(request)),
        "rows": [(entry, facts.address_of(entry.transfer.source)) for entry in rows[:PAGE_SIZE]],
        "last": rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None,
        "is_first": below is None,
        "rules": facts.prices(),
        "limits": facts.limits_of(member_of(request)),
    }
    return render_live(request, "community/karma/karma.html", context, parts={"karma": "community/karma/_karma.html"})


def _entry(mine: Any, transfer: str) -> KarmaEntry:
    """The member's side of that transfer; 404 for what is none of theirs."""
    try:
        pk = UUID(transfer)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(mine, transfer=pk)
