"""Another price while the drop runs: asked once more, with both prices and a reason."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from drops.models import Drop
from drops.plan_rules import REASON_MAX_LENGTH

from .forms import NewPrice

ASKED_HERE = {"csrfmiddlewaretoken", "price_reason", "price_confirmed"}


def ask_why(model_admin: Any, request: HttpRequest, drop: Drop, new_price: NewPrice) -> TemplateResponse:
    """The page that asks; it sends the whole form again, with the change that is confirmed and its reason."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": drop.title,
        "back": model_admin.change_address(drop),
        "title": f"Change the price from {new_price.before} to {new_price.after}?",
        "new_price": new_price,
        "longest": REASON_MAX_LENGTH,
        "asked_before": "price_confirmed" in request.POST,
        "typed": [(name, value) for name, values in request.POST.lists() if name not in ASKED_HERE for value in values],
    }
    return TemplateResponse(request, "admin/drops/drop/price.html", context)
