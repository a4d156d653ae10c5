"""The pages of purchase requests: my list, the form for one, and its withdrawal. They work without JavaScript."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from drops.facts import find_drop
from drops.models import Drop, Mode
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.forms import add_refusal
from dropshop.core.limits import limited
from dropshop.core.members import Member
from dropshop.core.money import InvalidAmount, Money
from dropshop.core.pages import member_of, paginate, render_live
from dropshop.core.posted import posted
from reservations.addresses.saved import addresses_of
from reservations.holds.origins import origin_of
from reservations.idempotency.keys import StoredResponse, key_of, run_once
from reservations.payment_methods.saved import ready_methods_of
from reservations.requests import filing
from reservations.requests.draw_entries import entries_of
from reservations.requests.errors import AlreadyRequested
from reservations.requests.forms import RequestForm
from reservations.requests.presenter import request_rows

NEWEST_FIRST = ("-created_at", "id")


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My requests and my entries in draws, newest first, with their live status."""
    requests = member_of(request).purchase_requests.select_related("drop__sneaker", "payment_method")
    shown = paginate(request, requests.prefetch_related("drop__sneaker__pictures"), NEWEST_FIRST)
    context = {"rows": request_rows(shown.rows, database_time()), "shown": shown, "entries": entries_of(member_of(request))}
    return render_live(
        request,
        "reservations/requests/requests.html",
        context,
        parts={"requests": "reservations/requests/_rows.html"},
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("purchase-requests")
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for a request (GET), and the request (POST); a double click files it once."""
    drop, member = find_drop(slug), member_of(request)
    if drop is None:
        raise Http404
    if request.method != "POST":
        return _show(request, drop, RequestForm(drop=drop, member=member))
    form = RequestForm(request.POST, drop=drop, member=member)
    if form.is_valid():
        try:
            _file(request, member, drop, form)
        except AlreadyRequested as refusal:
            messages.info(request, refusal.detail)
            return redirect("requests")
        except DropshopError as refusal:
            add_refusal(form, refusal)
            return _show(request, drop, form, status=refusal.status)
        messages.success(request, f"We ask for {drop.title} for you when it opens.")
        return redirect("requests")
    return _show(request, drop, form, status=400)


def _file(request: HttpRequest, member: Member, drop: Drop, form: RequestForm) -> None:
    said = form.cleaned_data
    try:
        price = Money.parse(said["latest_price"], drop.currency)
    except InvalidAmount:
        raise Invalid(errors={"latest_price": [f"Write an amount in {drop.currency}."]}) from None
    order = filing.StandingOrder(str(drop.pk), form.sizes, said["address"], said["payment_method"], price, origin_of(request))
    key = key_of(member, said["key"], "purchase request", str(drop.pk))
    run_once(key, lambda: StoredResponse(201, {"id": str(filing.file(member, order).pk)}))


def _show(request: HttpRequest, drop: Drop, form: RequestForm, *, status: int = 200) -> HttpResponse:
    member = member_of(request)
    context: dict[str, Any] = {
        "drop": drop,
        "form": form,
        "is_draw": drop.mode == Mode.DRAW,
        "is_late": database_time() >= drop.starts_at or drop.called_off_at is not None,
        "lacks_address": not addresses_of(member).exists(),
        "lacks_method": not ready_methods_of(member).exists(),
        "there": member.purchase_requests.filter(drop=drop, status__in=filing.TAKES_PART).first(),
    }
    return render(request, "reservations/requests/ask.html", context, status=status)


@posted("requests")
@login_required
@limited("purchase-requests")
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The request takes part no longer; twice does it once."""
    try:
        filing.withdraw(pk, member=member_of(request))
    except NotFound:
        raise Http404 from None
    except DropshopError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, "The request is withdrawn.")
    return redirect("requests")
