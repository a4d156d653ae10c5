"""The test bank's own page, where a payment with `test_confirm` is confirmed or refused."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dropshop.core.clock import database_time, iso
from dropshop.core.money import Money
from reservations.holds.models import Reservation
from reservations.payments.test_bank.gateway import TestGateway
from reservations.payments.test_bank.models import TestCharge


@never_cache
@require_http_methods(["GET", "POST"])
def confirmation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks (GET), notes the answer (POST `agreed`) and sends the shopper back to the shop; no such page with another bank."""
    if not settings.PAYMENT_GATEWAY.endswith(".TestGateway"):
        raise Http404
    charge = get_object_or_404(TestCharge, pk=pk)
    if request.method == "GET":
        context = {"charge": charge, "money": Money(charge.amount, charge.currency), **_time_left(charge)}
        return render(request, "reservations/payments/test_bank.html", context)
    charge = TestGateway().confirm(charge.pk, agreed=request.POST.get("agreed") == "yes")
    response = HttpResponseRedirect(charge.return_url or "/")
    response.status_code = 303
    return response


def _time_left(charge: TestCharge) -> dict[str, Any]:
    """Until when the pair waits, as far as it does: a real bank would not know."""
    if not charge.amount:  # a card is set up, for which no pair waits
        return {}
    holds = Reservation.objects.active().select_related("drop")
    hold = holds.filter(payments__pk=UUID(charge.key)).first()
    moment = database_time()
    if hold is None or hold.is_overdue(moment):
        return {}
    seconds = int((hold.lapses_at - moment).total_seconds())
    return {"hold": hold, "seconds": seconds, "server_time": iso(moment)}
