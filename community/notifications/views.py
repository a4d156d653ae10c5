"""The member's notices: what concerns them, newest first."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community.notifications import notices
from dropshop.core.pages import member_of, page_after, render_live, row_above
from dropshop.core.posted import posted

PAGE_SIZE = 30  # rows


@never_cache
@login_required
@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """A page of them; `?older=<id>` goes on below that one."""
    member = member_of(request)
    below = row_above(request, notices.newest_first(member))
    rows = list(notices.newest_first(member, older_than=below)[: PAGE_SIZE + 1])
    context = {
        "rows": rows[:PAGE_SIZE],
        "last": rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None,
        "is_first": below is None,
    }
    return render_live(
        request, "community/notifications/notices.html", context, parts={"notices": "community/notifications/_notices.html"}
    )


@posted("notices")
@login_required
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """To what the notice is about; it is read now. A POST, since browsers fetch links that nobody has followed."""
    notice = notices.read(pk, member=member_of(request))
    return _go(page_after(notice.url, "/notices/"))


@posted("notices")
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """All are read; back to the list."""
    notices.read_all(member_of(request))
    return _go("/notices/")


def _go(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=303)
