"""The pages of a hold and of a sale. Forms work as plain POST and redirect; a script can ask for a fragment instead."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from drops.models import Drop
from drops.stock.size_run import NO_SUCH_SIZE, find_size
from dropshop.core.errors import DropshopError, NotFound, note_outcome
from dropshop.core.limits import limit
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from reservations.addresses.lines import LINES
from reservations.charges.errors import NotShippedThere
from reservations.checkout.buy_box import BuyBox, buy_box_for, money
from reservations.checkout.costs import not_shipped, shown_costs
from reservations.checkout.messages import Message, given_back, lapsed_message, message_for
from reservations.holds import lifecycle, reserve
from reservations.holds.models import Reservation
from reservations.holds.origins import origin_of
from reservations.idempotency.keys import StoredResponse, key_of, run_once
from reservations.orders.presenter import progress
from reservations.passes import requirements
from reservations.payments.errors import ConfirmationRequired, PaymentUnanswered
from reservations.payments.models import Payment
from reservations.purchases import ask_bank
from reservations.purchases.attempts import PurchaseResult
from reservations.purchases.pickup import written_address
from reservations.purchases.standing import unanswered
from reservations.purchases.waiting import wait_for
from reservations.refunds.presenter import money_lines


def _member(request: HttpRequest) -> Any:
    """Who is signed in; only behind `login_required`."""
    return request.user


def _fragment(request: HttpRequest) -> str:
    """ "drop" or "checkout" where a script asks for the decision alone; "" for a whole page."""
    asked = request.headers.get("X-Fragment", "")
    return asked if asked in ("drop", "checkout") else ""


def _answer(request: HttpRequest, decision: BuyBox, status: int = 200) -> HttpResponse:
    """The decision alone."""
    response = render(request, "reservations/checkout/_buy_box.html", {"decision": decision}, status=status)
    response["X-Fragment"] = decision.page
    return response


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """Sends the reader to another page: a redirect after POST, or its address for a script."""
    if _fragment(request):
        return HttpResponse(status=200, headers={"X-Location": address})
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def _mine(request: HttpRequest, pk: UUID) -> Reservation:
    holds_of_mine = _member(request).reservations.select_related("drop__sneaker", "size")
    return get_object_or_404(holds_of_mine, pk=pk)


def after(
    request: HttpRequest,
    drop: Drop,
    refusal: DropshopError | None = None,
    *,
    done: Message | None = None,
    status: int = 200,
) -> HttpResponse:
    """How things stand after an operation, with what was refused or done: the fragment, or back to the drop."""
    page = _fragment(request) or "drop"
    decision = buy_box_for(drop, viewer=request.user, session=request.session.session_key, page=page)
    if refusal is not None:
        done, status = message_for(refusal, decision.listing), refusal.status
        note_outcome(refusal)
    if done is not None:
        decision.notice = done
    if _fragment(request):
        return _answer(request, decision, status)
    if done is not None:
        level = messages.WARNING if refusal is not None else messages.INFO
        messages.add_message(request, level, f"{done.title} {done.text}".strip())
    return _go(request, (decision.hold or drop).get_absolute_url())


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """The member's hold on a drop: how it stands (GET), or reserve a pair (POST `size`)."""
    drop = get_object_or_404(Drop.objects.published().select_related("sneaker"), slug=slug)
    if request.method == "GET":
        return after(request, drop) if _fragment(request) else redirect(drop)
    label = request.POST.get("size", "")
    try:
        limit("reserve", request)
        size = find_size(drop, label) if label else None
        if label and size is None:
            raise NotFound(NO_SUCH_SIZE)
        requirements.require(member_of(request), drop, reserving=True)
        granted = reserve.reserve(member=member_of(request), drop=drop, size=size, origin=origin_of(request))
    except DropshopError as refusal:
        return after(request, drop, refusal)
    return after(request, drop, status=201 if granted.created else 200)


@never_cache
@login_required
@require_safe
def checkout(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The hold and its payment. The bank sends shoppers back here after a confirmation, and the purchase is then completed."""
    mine = _mine(request, pk)
    waiting = mine.payments.filter(status=Payment.Status.CONFIRMING).select_related("reservation").first()
    refusal = _come_back(request, waiting) if waiting else None
    if waiting is not None:
        mine.refresh_from_db()
    if mine.status == Reservation.Status.COMPLETED:
        return redirect(mine.purchase)
    return _checkout(request, mine, refusal)


def _come_back(request: HttpRequest, waiting: Payment) -> DropshopError | None:
    """What became of a payment that was to be confirmed, as far as it is known without waiting."""
    attempt = ask_bank.come_back(waiting, admit=lambda: limit("purchase", request))
    if attempt.answer is None:
        wait_for(request, attempt, "page")
    known = not isinstance(attempt.answer, PaymentUnanswered | ConfirmationRequired)
    return attempt.answer if known and isinstance(attempt.answer, DropshopError) else None


def _checkout(request: HttpRequest, mine: Reservation, refusal: DropshopError | None = None) -> HttpResponse:
    """The whole page of this one hold, with what was refused and what had been typed."""
    decision = buy_box_for(mine.drop, viewer=request.user, page="checkout")
    if decision.hold is None or decision.hold.pk != mine.pk:
        decision.kind, decision.hold = "over", None
        known = money(mine)
        decision.notice = given_back(known) if mine.status == Reservation.Status.CANCELLED else lapsed_message(mine, known)
    _show_refusal(request, decision, refusal)
    context = {"decision": decision, "listing": decision.listing, "server_time": decision.listing.server_time}
    return render(request, "reservations/checkout/checkout.html", context, status=refusal.status if refusal else 200)


def _show_refusal(request: HttpRequest, decision: BuyBox, refusal: DropshopError | None) -> None:
    """Puts the refusal's words, and what had been typed, on the decision."""
    if refusal is None:
        return
    decision.notice = message_for(refusal, decision.listing)
    note_outcome(refusal)
    if request.method == "POST":
        decision.given = {name: request.POST.get(name, "") for name in LINES} | {"payment_method": _sent_method(request)}
        if saved := request.POST.get("saved_address"):
            decision.given["saved_address"] = saved
        decision.keeps = "keep" in request.POST
    errors: dict[str, list[str]] = refusal.facts.get("errors", {})
    decision.errors = {name.removeprefix("address."): " ".join(words) for name, words in errors.items()}
    if isinstance(refusal, NotShippedThere):
        decision.errors["country"] = not_shipped(refusal.facts["country"])


@never_cache
@login_required
@require_safe
def charges(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the held pair costs in a `country` and `state`: the part of the checkout that says so."""
    mine = _mine(request, pk)
    costs = shown_costs(mine, {name: request.GET.get(name, "")[: LINES[name]] for name in ("country", "state")})
    return render(request, "reservations/checkout/_costs.html", {"hold": mine, "costs": costs})


@posted("checkout", "pk")
@login_required
def purchase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Buy the held pair; the same again leads to the same order. Where the bank is still being asked, the page says so."""
    mine = _mine(request, pk)
    try:
        bought = _buy(request, mine)
    except ConfirmationRequired as wanted:
        return _go(request, wanted.facts["confirm_url"])
    except PaymentUnanswered:
        return _asking(request, mine)
    except DropshopError as refusal:
        if not _fragment(request):
            return _checkout(request, mine, refusal)
        decision = buy_box_for(mine.drop, viewer=request.user, page=_fragment(request))
        _show_refusal(request, decision, refusal)
        return _answer(request, decision, refusal.status)
    return _go(request, bought.purchase.get_absolute_url())


def _buy(request: HttpRequest, mine: Reservation) -> PurchaseResult:
    """The sale; raises PaymentUnanswered where the bank is still being asked, for which this thread does not wait."""
    address = written_address(request.POST)
    place = request.POST.get("pickup")
    shown = request.POST.get(f"total-{place}" if place else "total", mine.money.amount)
    intent = ask_bank.intent(
        mine.pk,
        mine.member_id,
        address=address,
        method=_sent_method(request),
        total={"amount": shown, "currency": mine.currency},
        keep="keep" in request.POST,
    )
    attempt = ask_bank.buy(intent, drop_id=mine.drop_id, admit=lambda: limit("purchase", request))
    if attempt.answer is None:
        wait_for(request, attempt, "fragment" if _fragment(request) else "page")
        raise unanswered(attempt.payment)
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer


def _sent_method(request: HttpRequest) -> str:
    """The saved card that was chosen, or what the provider's form has filled in."""
    return next(filter(None, request.POST.getlist("payment_method")), "")


def _asking(request: HttpRequest, mine: Reservation) -> HttpResponse:
    """The bank is being asked: the page that says so, and looks again by itself."""
    if not _fragment(request):
        return _go(request, mine.get_absolute_url())
    decision = buy_box_for(mine.drop, viewer=request.user, page=_fragment(request))
    return _answer(request, decision, 202)


@posted("checkout", "pk")
@login_required
def extension(request: HttpRequest, pk: UUID) -> HttpResponse:
    """More time; the form's key makes a double click count once."""
    mine = _mine(request, pk)
    key = key_of(request.user, request.POST.get("key"), "extension", str(mine.pk))

    def act() -> StoredResponse:
        lifecycle.extend(mine.pk, member=member_of(request))
        return StoredResponse(200)

    try:
        run_once(key, act)
    except DropshopError as refusal:
        return after(request, mine.drop, refusal)
    return after(request, mine.drop)


@posted("checkout", "pk")
@login_required
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the pair back; says what became of it and of the money."""
    mine = _mine(request, pk)
    try:
        lifecycle.cancel(mine.pk, member=member_of(request))
    except DropshopError as refusal:
        return after(request, mine.drop, refusal)
    return after(request, mine.drop, done=given_back(money(mine)))


@never_cache
@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """What I bought, newest first."""
    mine = _member(request).purchases.select_related("drop__sneaker", "size").prefetch_related("drop__sneaker__pictures")
    return render(request, "reservations/checkout/orders.html", {"orders": mine[:200]})


@never_cache
@login_required
@require_safe
def order(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt, where the pair is, and what of the money goes back."""
    mine = _member(request).purchases.select_related("drop__sneaker", "size").prefetch_related("moves")
    found = get_object_or_404(mine, pk=pk)
    payment = found.reservation.payments.filter(status__in=Payment.SOLD).first()
    is_paid = payment is not None and payment.status == Payment.Status.CAPTURED
    context = {"order": found, "is_paid": is_paid, "money_back": money_lines(found), **progress(found, payment)}
    return render(request, "reservations/checkout/order.html", context)
