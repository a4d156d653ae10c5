"""The area a member shares: set and removed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.people import areas
from dropshop.core.errors import Invalid
from dropshop.core.limits import limited
from dropshop.core.pages import member_of


@never_cache
@login_required
@limited("account-change")
@require_http_methods(["GET", "POST"])
def area(request: HttpRequest) -> HttpResponse:
    """Share an area by the name of a place, or by where the browser is, as coarse as the member likes; or share none."""
    member = member_of(request)
    context: dict[str, Any] = {"precisions": areas.PRECISIONS, "chosen": len(member.geohash) or 4, "errors": {}, "place": ""}
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("geohash", "place", "letters")}
        try:
            if "remove" in request.POST:
                areas.forget(member)
            else:
                areas.share(member, **given)
        except Invalid as refusal:
            context |= {"errors": refusal.facts["errors"], "place": given["place"]}
        else:
            messages.success(request, "Saved." if member.geohash else "Your area was removed.")
            return redirect("area")
    context["said"] = areas.said(member.geohash)
    return render(request, "community/profiles/area.html", context, status=400 if context["errors"] else 200)
