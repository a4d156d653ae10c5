"""The test bank's own page, where a payment with `test_confirm` is confirmed or refused."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from drops.money import Money
from reservations.gateways.test import TestGateway
from reservations.models import TestCharge


@never_cache
@require_http_methods(["GET", "POST"])
def confirmation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks (GET), notes the answer (POST `agreed`) and sends the shopper back to the shop; no such page with another bank."""
    if not settings.PAYMENT_GATEWAY.endswith(".TestGateway"):
        raise Http404
    charge = get_object_or_404(TestCharge, pk=pk)
    if request.method == "GET":
        return render(request, "reservations/testbank.html", {"charge": charge, "money": Money(charge.amount, charge.currency)})
    charge = TestGateway().confirm(charge.pk, agreed=request.POST.get("agreed") == "yes")
    response = HttpResponseRedirect(charge.return_url or "/")
    response.status_code = 303
    return response
