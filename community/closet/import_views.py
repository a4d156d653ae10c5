"""My closet as CSV: exported to a file, and imported from one. An import is shown before anything is changed."""

import base64
import binascii
import zlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.closet import import_export
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.limits import limited
from dropshop.core.pages import member_of

CARRIED_MAX_LENGTH = 900_000  # letters that a form's hidden field may have beside everything else


@never_cache
@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """closet.csv."""
    return HttpResponse(import_export.of(member_of(request)), content_type=import_export.TYPE, headers=import_export.HEADERS)


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
            pairs = import_export.carry_out(member_of(request), _opened(request.POST["checked"]))
            messages.success(request, f"{len(pairs)} pair{'s' * (len(pairs) != 1)} added to your closet.")
            return redirect("closet")
        text = _uploaded(request)
        plan = import_export.read(member_of(request), text)
    except DropshopError as refusal:
        context |= {"refusal": refusal, "faults": refusal.facts.get("faults")}
        return render(request, "community/closet/import.html", context, status=refusal.status)
    context |= {
        "plan": plan,
        "faults": plan.faults[: import_export.MAX_FAULTS],
        "checked": _carried(text) if not plan.faults else "",
    }
    return render(request, "community/closet/import.html", context, status=400 if plan.faults else 200)


def _uploaded(request: HttpRequest) -> str:
    upload = request.FILES.get("sheet")
    if upload is None:
        raise Invalid(errors={"sheet": ["Choose a CSV file."]})
    # One byte more than is allowed shows that the file is too large.
    return import_export.text_of(upload.read(import_export.MAX_BYTES + 1))


def _carried(text: str) -> str:
    """The text for a hidden field: its line ends would not survive a form."""
    packed = base64.b64encode(zlib.compress(text.encode())).decode()
    if len(packed) > CARRIED_MAX_LENGTH:
        raise Invalid(errors={"sheet": ["This file is too large for one form. Import it in two parts."]})
    return packed


def _opened(packed: str) -> str:
    """What `_carried` packed; it came through a browser, so it may be anything. Raises Invalid."""
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(base64.b64decode(packed, validate=True), import_export.MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise Invalid(errors={"sheet": ["Choose the file again."]}) from None
    return import_export.text_of(raw)
