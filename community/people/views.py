"""What I follow, and the buttons for it on the pages of a report, a store, a member."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community.people import follows
from community.people.follow_targets import follow_target
from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.limits import limited
from dropshop.core.pages import member_of, page_after
from dropshop.core.posted import posted


@never_cache
@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """The list, with a button to unfollow each."""
    member = member_of(request)
    return render(request, "community/people/following.html", {"follows": follows.of(member)[: follows.MAX_FOLLOWS]})


@posted("following")
@login_required
@limited("react")
def follow(request: HttpRequest) -> HttpResponse:
    """Follow what the form names (a `store`, a `sneaker` with `size`, a `member`), or with `stop` no longer; back to `next`."""
    member = member_of(request)
    try:
        thing = follow_target(request.POST, viewer=member)
        if "stop" in request.POST:
            follows.unfollow(member, **thing)
            messages.success(request, "You no longer follow it.")
        else:
            follows.follow(member, **thing)
            messages.success(request, "You follow it. Its news appears under Notices.")
    except NotFound:
        raise
    except DropshopError as refusal:
        errors = refusal.facts.get("errors") or {}
        messages.warning(request, " ".join(word for words in errors.values() for word in words) or refusal.detail)
    return HttpResponseRedirect(page_after(request.POST.get("next", ""), "/restocks/following/"), status=303)
