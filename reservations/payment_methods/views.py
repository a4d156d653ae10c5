"""The pages of saved cards: rows in the member's settings, what their forms post to, and the way back from the bank.

They work without JavaScript, but for the form of a provider that does not.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from dropshop.core.settings_page import Part, address_of, render_settings
from reservations.idempotency.keys import StoredResponse, key_of, run_once
from reservations.payment_methods import saved, set_up
from reservations.payment_methods.models import SavedMethod
from reservations.payments.gateways import gateway
from reservations.payments.tokens import token_fault

HERE = "paying"


def rows(request: HttpRequest, errors: dict[str, str] | None = None) -> dict[str, Any]:
    """For the rows under "Paying"; `errors` of the form that adds a card."""
    member, bank = member_of(request), gateway()
    methods = bank.methods()
    return {
        "methods": saved.told_methods_of(member),
        "can_add": saved.methods_of(member).count() < saved.MAX_METHODS,
        "most": saved.MAX_METHODS,
        "template": bank.set_up_template,
        "key": uuid4().hex,
        # As the provider's part of the checkout reads it.
        "decision": {"methods": methods, "chosen_method": next(iter(methods), None), "errors": errors or {}},
    }


PART = Part(HERE, "reservations/payment_methods/_rows.html", rows)


@posted("settings")
@login_required
@limited("payment-methods")
def add(request: HttpRequest) -> HttpResponse:
    """Sets the card up; a double click does it once. Where the bank wants a confirmation, the member is sent there."""
    entered = request.POST.get("payment_method", "")
    if fault := token_fault(entered):
        return _faulty(request, fault, 400)
    try:
        method = _set_up(request, entered)
    except DropshopError as refusal:
        return _faulty(request, refusal.detail, refusal.status)
    if method.status == SavedMethod.Status.DECLINED:
        return _faulty(request, f"This card was not saved. {method.note} Nothing was charged.", 402)
    if method.status == SavedMethod.Status.CONFIRMING:
        return _see(method.confirm_url)
    if method.status == SavedMethod.Status.READY:
        messages.success(request, f"{method} is saved.")
    return _see(address_of(HERE))


def _set_up(request: HttpRequest, entered: str) -> SavedMethod:
    """The card, as it stands once the provider was asked; raises TooManyMethods."""
    member = member_of(request)
    key = key_of(member, request.POST.get("key"), "payment method", entered)
    begun = run_once(key, lambda: StoredResponse(200, {"id": str(saved.begin(member, entered).pk)})).body["id"]
    set_up.ask(saved.find(begun, member))
    return saved.find(begun, member)


def _faulty(request: HttpRequest, fault: str, status: int) -> HttpResponse:
    return render_settings(request, status=status, instead={HERE: rows(request, {"payment_method": fault})})


@posted("settings")
@login_required
@limited("payment-methods")
def use_first(request: HttpRequest, pk: UUID) -> HttpResponse:
    """This card is used first from now on."""
    with suppress(NotFound):  # it was removed in another window: the settings show what there is
        saved.use_first(pk, member_of(request))
    return _see(address_of(HERE))


@posted("settings")
@login_required
@limited("payment-methods")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes the card away; twice does it once."""
    with suppress(NotFound):
        saved.remove(pk, member_of(request))
        messages.success(request, "The card is removed.")
    return _see(address_of(HERE))


@never_cache
@login_required
@require_safe
def confirmed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The provider is asked what became of it; the member's settings say so."""
    with suppress(NotFound):
        set_up.ask(saved.find(pk, member_of(request)))
    return HttpResponseRedirect(address_of(HERE))


def _see(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=303)
