"""My closet as CSV: exported to a file, and imported from one. An import is shown before anything is changed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.closet import import_export
from dropshop.core import csv_files
from dropshop.core.errors import DropshopError
from dropshop.core.limits import limited
from dropshop.core.pages import member_of


@never_cache
@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """closet.csv."""
    sheet = import_export.of(member_of(request))
    return HttpResponse(sheet, content_type=csv_files.TYPE, headers=csv_files.headers(import_export.FILE))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def take_in(request: HttpRequest) -> HttpResponse:
    """Choose a file (GET); what it would do (POST `sheet`); do it (POST `checked`, the same text)."""
    context: dict[str, Any] = {"tab": "import", "columns": import_export.COLUMNS, "most": import_export.MAX_ROWS}
    if request.method == "GET":
        return render(request, "community/closet/import.html", context)
    try:
        if "checked" in request.POST:
            pairs = import_export.carry_out(member_of(request), csv_files.opened(request.POST["checked"]))
            messages.success(request, f"{len(pairs)} pair{'s' * (len(pairs) != 1)} added to your closet.")
            return redirect("closet")
        text = csv_files.uploaded(request)
        plan = import_export.read(member_of(request), text)
    except DropshopError as refusal:
        context |= {"refusal": refusal, "faults": refusal.facts.get("faults")}
        return render(request, "community/closet/import.html", context, status=refusal.status)
    context |= {
        "plan": plan,
        "faults": plan.faults[: import_export.MAX_FAULTS],
        "checked": csv_files.carried(text) if not plan.faults else "",
    }
    return render(request, "community/closet/import.html", context, status=400 if plan.faults else 200)
