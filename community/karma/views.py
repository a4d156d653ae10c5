"""The member's karma: how much, what it unlocks, and every entry with its why."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community.karma import facts
from dropshop.core.pages import member_of, render_live, row_above

PAGE_SIZE = 40  # rows


@never_cache
@login_required
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The newest entries; `?older=<id>` goes on below that one."""
    mine = facts.entries_of(member_of(request))
    below = row_above(request, mine, "transfer")
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
