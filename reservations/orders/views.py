"""The page on which shoppers change where an order goes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dropshop.core.errors import Invalid
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from reservations.addresses.lines import LINES
from reservations.holds.errors import LimitReached
from reservations.orders import readdress
from reservations.orders.errors import AlreadyPacked
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import places_for, sent_to, written_address


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("account-change")
def address(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form with the address as it is (GET); another address (POST). Once the order is packed, its page says so."""
    order = get_object_or_404(Purchase, pk=pk, member=member_of(request))
    given, errors = sent_to(order.address), {}
    if request.method == "POST":
        given = {line: request.POST.get(line, "") for line in LINES}
        try:
            changed = readdress.change_address(pk, written_address(request.POST), member=member_of(request))
        except Invalid as refusal:
            wrong: dict[str, list[str]] = refusal.facts["errors"]
            errors = {name.removeprefix("address."): " ".join(words) for name, words in wrong.items()}
        except LimitReached as refusal:
            errors = {"street": refusal.detail}
        except AlreadyPacked as refusal:
            messages.warning(request, refusal.detail)
            return redirect(order)
        else:
            place = changed.address.get("place")
            messages.success(request, f"You collect the pair at {place}." if place else "The pair goes to the new address.")
            return redirect(order)
    elif order.status not in readdress.CHANGEABLE:
        return redirect(order)
    context = {"order": order, "given": given, "errors": errors, "places": places_for(order.drop_id)}
    return render(request, "reservations/orders/address.html", context, status=400 if errors else 200)
