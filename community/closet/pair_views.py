"""One pair: added by hand, shown, changed by its owner, with its photographs."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.closet import pairs, photographs
from community.closet.facts import described, in_closet_of, visible_to
from community.closet.models import Pair, Visibility
from community.closet.pairs import PairChanges
from community.pricing import prices
from community.pricing.condition import Condition
from community.pricing.labels import valuation_label
from drops.catalogue.search import named_by
from drops.models import Sneaker
from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.forms import add_refusal, currency_field, price_field, price_in_minor_units
from dropshop.core.ids import find_by_id
from dropshop.core.limits import limit, limited
from dropshop.core.money import Money
from dropshop.core.pages import member_of
from dropshop.core.posted import posted

SNEAKERS_SHOWN = 24  # sneakers of one search
WORN = [(condition.value, condition.label) for condition in sorted(Condition, reverse=True)]


class PairForm(forms.Form):
    """What an owner says of a pair; not who owns it, and not what it is promised for."""

    size = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    condition = forms.TypedChoiceField(choices=WORN, coerce=lambda value: Condition(int(value)))
    price = price_field("What you paid", help_text="Only you see it.")
    currency = currency_field()
    notes = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who sees the pair can read them.",
    )
    folder = forms.CharField(
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "folders", "autocomplete": "off"}),
        help_text="Only you see it. A new name makes a new folder.",
    )
    visibility = forms.TypedChoiceField(label="Visible to", choices=Visibility.choices, coerce=Visibility)
    for_trade = forms.BooleanField(
        label="For trade", required=False, help_text="Members can offer you pairs for it. It must be visible to members."
    )

    def clean(self) -> None:
        """The price in minor units."""
        if "currency" in self.cleaned_data:
            price_in_minor_units(self, "price")

    @property
    def unseen(self) -> bool:
        """Whether the pair cannot be for trade because nobody else sees it, so that showing it is what helps."""
        return pairs.UNSEEN in self.errors.get("for_trade", ())

    def changes(self) -> PairChanges:
        """What was said, as `community.closet.pairs` takes it."""
        said = {name: self.cleaned_data[name] for name in ("size", "condition", "notes", "folder", "visibility", "for_trade")}
        price = self.cleaned_data["price"]
        return {**said, "price": Money(price, self.cleaned_data["currency"]) if price else None}  # type: ignore[typeddict-item]


def catalogue(text: str) -> list[Sneaker]:
    """The sneakers in whose names all these words stand, at most 24; none for no words."""
    wanted = named_by(Sneaker.objects.prefetch_related("pictures"), text)
    return list(wanted[:SNEAKERS_SHOWN]) if text.strip() else []


def sneaker_of(request: HttpRequest) -> Sneaker | None:
    """The sneaker that was chosen (`sneaker`, an id); None where none was. Raises NotFound for one that is not there."""
    chosen = request.POST.get("sneaker") or request.GET.get("sneaker")
    if not chosen:
        return None
    found = find_by_id(Sneaker.objects.prefetch_related("pictures"), chosen)
    if found is None:
        raise NotFound("There is no such sneaker.")
    return found


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def new(request: HttpRequest) -> HttpResponse:
    """Find the sneaker in the catalogue (`search`), then say what yours is like."""
    sneaker, member = sneaker_of(request), member_of(request)
    form = PairForm(
        request.POST or None, initial={"visibility": Visibility.PRIVATE, "currency": getattr(sneaker, "currency", "USD")}
    )
    if request.method == "POST" and sneaker is not None and form.is_valid():
        try:
            pair = pairs.add(member, {**form.changes(), "sneaker": sneaker})
        except DropshopError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "It is in your closet. Add photographs, if you like.")
            return redirect("closet_pair_edit", pair.pk)
    text = request.GET.get("search", "")
    context = {
        "sneaker": sneaker,
        "form": form,
        "text": text,
        "found": [] if sneaker else catalogue(text),
        "folders": member.folders.all(),
        "tab": "closet",
    }
    return render(request, "community/closet/new.html", context, status=400 if form.errors else 200)


@never_cache
@require_safe
def pair(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A pair, for whoever may see it; for everybody else it is not there."""
    found = described(visible_to(request.user)).filter(pk=pk).first()
    if found is None:
        raise Http404
    worth = prices.values_of([found]).get(found.pk)
    context = {
        "pair": found,
        "sneaker": found.sneaker,
        "own": found.owner_id == request.user.pk,
        "worth": valuation_label(worth),
    }
    return render(request, "community/closet/pair.html", context)


def _mine(request: HttpRequest, pk: UUID) -> Pair:
    found = described(in_closet_of(member_of(request))).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What I say of my pair, and its photographs."""
    mine = _mine(request, pk)
    form = PairForm(request.POST or None, initial=_said(mine))
    if request.method == "POST" and form.is_valid():
        try:
            pairs.change(pk, member=member_of(request), changes=form.changes())
        except DropshopError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect(mine)
    return _edit(request, mine, form, status=400 if form.errors else 200)


def _said(mine: Pair) -> dict[str, Any]:
    named = {name: getattr(mine, name) for name in ("size", "condition", "currency", "notes", "visibility", "for_trade")}
    return {**named, "price": mine.money.amount if mine.money else "", "folder": mine.folder.name if mine.folder else ""}


def _edit(
    request: HttpRequest, mine: Pair, form: PairForm, *, refusal: DropshopError | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "pair": mine,
        "sneaker": mine.sneaker,
        "form": form,
        "refusal": refusal,
        "folders": member_of(request).folders.all(),
        "most": photographs.MAX_PHOTOGRAPHS,
    }
    return render(request, "community/closet/edit.html", context, status=status)


@posted("closet_pair", "pk")
@login_required
@limited("closet")
def removal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes my pair out of the closet."""
    mine = _mine(request, pk)
    try:
        pairs.remove(pk, member=member_of(request))
    except DropshopError as refusal:
        messages.warning(request, refusal.detail)
        return redirect(mine)
    messages.success(request, f"{mine.sneaker.brand} {mine.sneaker.name} in {mine.size} was removed from your closet.")
    return redirect("closet")


@posted("closet_pair_edit", "pk")
@login_required
def pictures(request: HttpRequest, pk: UUID) -> HttpResponse:
    """More photographs of my pair; each counts."""
    mine, uploads = _mine(request, pk), request.FILES.getlist("pictures")
    try:
        for _ in range(len(uploads) or 1):
            limit("upload", request)
        photographs.add(pk, member=member_of(request), uploads=uploads)
    except DropshopError as refusal:
        return _edit(request, mine, PairForm(initial=_said(mine)), refusal=refusal, status=refusal.status)
    messages.success(request, f"{len(uploads)} photograph{'s' * (len(uploads) != 1)} added. Describe what they show.")
    return redirect("closet_pair_edit", pk)


@posted("closet_pair_edit", "pk")
@login_required
@limited("closet")
def picture(request: HttpRequest, pk: UUID, picture_id: int) -> HttpResponse:
    """One photograph of my pair: described, put first, or removed (POST `do`)."""
    mine = _mine(request, pk)
    deeds = {
        "describe": lambda: photographs.describe(pk, picture_id, member=member_of(request), alt=request.POST.get("alt", "")),
        "first": lambda: photographs.put_first(pk, picture_id, member=member_of(request)),
        "remove": lambda: photographs.remove(pk, picture_id, member=member_of(request)),
    }
    try:
        deeds.get(request.POST.get("do", ""), deeds["describe"])()
    except NotFound:
        raise Http404 from None
    except DropshopError as refusal:
        return _edit(request, mine, PairForm(initial=_said(mine)), refusal=refusal, status=refusal.status)
    return redirect("closet_pair_edit", pk)
