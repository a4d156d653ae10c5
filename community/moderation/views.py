"""Reporting something to the moderators."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.moderation import complaints
from community.moderation.models import Complaint
from dropshop.core.errors import Invalid
from dropshop.core.limits import limited
from dropshop.core.pages import member_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("complaint")
def report(request: HttpRequest, about: str, pk: UUID) -> HttpResponse:
    """Why this should not be there: the question (GET), and the complaint (POST)."""
    member = member_of(request)
    thing = complaints.find_target(about, pk, viewer=member)
    owner = complaints.owner_of(thing)
    context: dict[str, Any] = {"reasons": Complaint.Reason.choices, "words": complaints.words_of(thing)}
    context |= {"owner": owner, "back": complaints.page_of(thing)}
    if request.method == "GET":
        return render(request, "community/moderation/complain.html", context)
    given = {"reason": request.POST.get("reason", ""), "text": request.POST.get("text", "")}
    try:
        complaints.file_complaint(member, thing, **given)
    except Invalid as refusal:
        context |= {"given": given, "errors": refusal.facts["errors"], "refusal": refusal}
        return render(request, "community/moderation/complain.html", context, status=refusal.status)
    messages.success(request, "Thank you. A moderator will look at it.")
    return redirect(complaints.page_of(thing))
