"""What I look for, and what matches it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.closet.pair_views import WORN, catalogue, sneaker_of
from community.pricing.condition import Condition
from community.wants import edit
from community.wants.edit import AlreadyWanted, WantTerms
from community.wants.matching import matches_of, money_of
from community.wants.models import Want
from dropshop.core.errors import DropshopError
from dropshop.core.forms import add_refusal, currency_field, price_field, price_in_minor_units
from dropshop.core.limits import limited
from dropshop.core.money import Money
from dropshop.core.pages import member_of, paginate


class WantForm(forms.Form):
    """What is wanted of a sneaker."""

    sizes = forms.CharField(
        max_length=400, required=False, help_text="With commas between: 9, 9.5, 10. Leave it empty for any size."
    )
    worst_condition = forms.TypedChoiceField(label="Worst condition", choices=WORN, coerce=lambda value: Condition(int(value)))
    highest_price = price_field("Highest price", help_text="For restocks; leave it empty for any price.")
    currency = currency_field()

    def clean(self) -> None:
        """The price in minor units."""
        if "currency" in self.cleaned_data:
            price_in_minor_units(self, "highest_price")

    def wish(self) -> WantTerms:
        """What was said, as `community.wants.matching` takes it."""
        price = self.cleaned_data["highest_price"]
        return {
            "sizes": [size.strip() for size in self.cleaned_data["sizes"].split(",") if size.strip()],
            "worst_condition": self.cleaned_data["worst_condition"],
            "highest_price": Money(price, self.cleaned_data["currency"]) if price else None,
        }


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """My wants, the newest first, each with what matches it now."""
    member = member_of(request)
    shown = paginate(
        request, member.wants.select_related("sneaker").prefetch_related("sneaker__pictures"), ("-created_at", "-id")
    )
    matches = matches_of(shown.rows, viewer=member)
    lines = [{"want": want, "matches": matches[want.pk], "most": money_of(want)} for want in shown.rows]
    return render(request, "community/wants/wants.html", {"lines": lines, "shown": shown, "tab": "wants"})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def new(request: HttpRequest) -> HttpResponse:
    """Find the sneaker in the catalogue (`search`), then say what you want of it."""
    sneaker, member = sneaker_of(request), member_of(request)
    currency = sneaker.currency if sneaker else "USD"
    form = WantForm(request.POST or None, initial={"worst_condition": Condition.WORN.value, "currency": currency})
    if request.method == "POST" and sneaker is not None and form.is_valid():
        try:
            edit.add(member, sneaker, form.wish())
        except AlreadyWanted as known:
            messages.warning(request, "You already want this sneaker. This is the want you have.")
            return redirect("closet_want", known.facts["want"])
        except DropshopError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "We notify you when one appears.")
            return redirect("closet_wants")
    text = request.GET.get("search", "")
    context = {"sneaker": sneaker, "form": form, "text": text, "found": [] if sneaker else catalogue(text), "tab": "wants"}
    return render(request, "community/wants/want.html", context, status=400 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def want(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One want: changed, or (POST `do=remove`) forgotten."""
    member = member_of(request)
    mine = member.wants.select_related("sneaker").prefetch_related("sneaker__pictures").filter(pk=pk).first()
    if mine is None:
        raise Http404
    if request.POST.get("do") == "remove":
        edit.remove(pk, member=member)
        messages.success(request, "The want was deleted.")
        return redirect("closet_wants")
    form = WantForm(request.POST or None, initial=_said(mine))
    if request.method == "POST" and form.is_valid():
        try:
            edit.change(pk, member=member, wish=form.wish())
        except DropshopError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect("closet_wants")
    context = {"sneaker": mine.sneaker, "want": mine, "form": form, "tab": "wants"}
    return render(request, "community/wants/want.html", context, status=400 if form.errors else 200)


def _said(mine: Want) -> dict[str, Any]:
    most = money_of(mine)
    return {
        "sizes": ", ".join(mine.sizes),
        "worst_condition": mine.worst_condition,
        "highest_price": most.amount if most else "",
        "currency": mine.currency,
    }
