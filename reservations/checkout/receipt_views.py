"""The receipt as a file.

Every web process imports this module, so what draws PDFs, 45 MB and most of a second, is imported by the first receipt.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.refunds.models import Refund


@login_required
@require_safe
@limited("receipt", methods=("GET", "HEAD"))
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Of an order of mine whose money was taken; before that, the order. Nobody else's is there, and no cache keeps it."""
    from reservations.checkout.receipt_pdf import receipt_pdf

    mine = Purchase.objects.filter(member=member_of(request)).select_related("drop__sneaker", "size")
    order = get_object_or_404(mine, pk=pk)
    if not order.reservation.payments.filter(status=Payment.Status.CAPTURED).exists():
        return redirect(order)
    refunds = order.refunds.filter(status=Refund.Status.SENT).order_by("n")
    name = f'inline; filename="receipt-{order.number}.pdf"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return HttpResponse(receipt_pdf(order, list(refunds)), content_type="application/pdf", headers=headers)
