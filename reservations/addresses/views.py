"""The pages of saved addresses: rows in the member's settings, and a form for one. They work without JavaScript."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dropshop.core.countries import names
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.limits import limited
from dropshop.core.pages import member_of, page_after
from dropshop.core.posted import posted
from dropshop.core.settings_page import Part, address_of
from reservations.addresses import saved
from reservations.addresses.forms import DEFAULT, AddressForm, CountryForm, given_lines
from reservations.addresses.lines import LINES
from reservations.addresses.models import SavedAddress
from reservations.addresses.saved import MAX_ADDRESSES, TooManyAddresses

HERE = "addresses"


def rows(request: HttpRequest) -> dict[str, Any]:
    """For the rows under "Addresses"."""
    mine = [*saved.addresses_of(member_of(request))]
    listed = [{"address": each, "line": in_one_line(each.lines), "country": names()[each.lines["country"]]} for each in mine]
    return {"addresses": listed, "can_add": len(mine) < MAX_ADDRESSES, "most": MAX_ADDRESSES}


PART = Part(HERE, "reservations/addresses/_rows.html", rows)


def in_one_line(lines: dict[str, str]) -> str:
    """ "Ada Sample, 1 Main St, Springfield, IL 62701"; the country stands elsewhere."""
    region = " ".join(text for text in (lines["state"], lines["zip_code"]) if text)
    return ", ".join(text for text in (lines["name"], lines["street"], lines["city"], region) if text)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("addresses")
def new(request: HttpRequest) -> HttpResponse:
    """The form for one more address (GET), and the address (POST), with which a shopper goes on to the page named by `next`."""
    member = member_of(request)
    first = saved.addresses_of(member).first()
    if request.method != "POST":
        return _show(request, {"country": first.lines["country"] if first else DEFAULT}, can_be_first=first is not None)
    return _take(request, None, can_be_first=first is not None)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("addresses")
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form with the address (GET), and what is changed (POST). Orders keep theirs."""
    address = _mine(request, pk)
    if request.method != "POST":
        return _show(request, given_lines(address), address=address, can_be_first=not address.is_default)
    return _take(request, address, can_be_first=not address.is_default)


@posted("settings")
@login_required
@limited("addresses")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes the address away. Orders keep theirs."""
    _mine(request, pk)
    saved.remove(pk, member_of(request))
    messages.success(request, "The address is removed.")
    return redirect(address_of(HERE))


def _mine(request: HttpRequest, pk: UUID) -> SavedAddress:
    try:
        return saved.find(pk, member_of(request))
    except NotFound:
        raise Http404 from None


def _take(request: HttpRequest, address: SavedAddress | None, *, can_be_first: bool) -> HttpResponse:
    """Saves what was typed; or shows the form again, with what is wrong, or with the lines of the country that was chosen."""
    member, lines = member_of(request), {line: request.POST.get(line, "") for line in LINES}
    given: dict[str, Any] = {**lines, "is_default": "is_default" in request.POST}
    if "look" in request.POST:
        return _show(request, given, address=address, can_be_first=can_be_first)
    try:
        if address is None:
            saved.add(member, lines, first=given["is_default"])
        else:
            saved.change(address.pk, member, lines, first=given["is_default"] or None)
    except Invalid as refusal:
        return _show(request, given, address=address, can_be_first=can_be_first, errors=refusal.facts["errors"])
    except TooManyAddresses as refusal:
        messages.warning(request, refusal.detail)
        return redirect(address_of(HERE))
    messages.success(request, "Saved.")
    return redirect(page_after(request.GET.get("next", ""), address_of(HERE)))


def _show(
    request: HttpRequest,
    given: dict[str, Any],
    *,
    can_be_first: bool,
    address: SavedAddress | None = None,
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:
    form, country = AddressForm(given, can_be_first=can_be_first), CountryForm(given)
    if errors:
        form.show_faults(errors)
        country.show_faults(errors)
    context = {"form": form, "country": country, "address": address}
    return render(request, "reservations/addresses/address.html", context, status=400 if errors else 200)
