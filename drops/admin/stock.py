"""Stock, adjusted by hand while the drop runs (S5): what every size has now, one total changed with a reason, the history."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from drops.admin.forms import size_label
from drops.labels import count_pairs, size_in_sentence
from drops.models import Drop
from drops.stock import counters, size_run
from drops.stock.models import Size, StockAdjustment
from dropshop.core.admin.actions import ReadOnlyAdmin, error_sentence
from dropshop.core.errors import DropshopError
from dropshop.core.pages import member_of

MOVES_SHOWN = 50  # lines shown on a page


class Changed(DropshopError):
    """The total is not what the page showed."""

    code, status, title = "concurrent_update", 409, "Somebody changed this total meanwhile."


class AdjustForm(forms.Form):
    """A new total and why; `was` is the total the page showed."""

    total = forms.IntegerField(min_value=0, max_value=size_run.MAX_PAIRS_OF_A_SIZE, label="New total")
    reason = forms.CharField(max_length=300, label="Why", widget=forms.TextInput(attrs={"class": "vTextField"}))
    was = forms.IntegerField(widget=forms.HiddenInput)


class NewSizeForm(forms.Form):
    """A size that the run did not have."""

    label = forms.CharField(max_length=20, label="New size")
    total = forms.IntegerField(min_value=1, max_value=size_run.MAX_PAIRS_OF_A_SIZE, label="Pairs")
    reason = forms.CharField(max_length=300, label="Why", widget=forms.TextInput(attrs={"class": "vTextField"}))


def address_of_drop(drop: Drop) -> str:
    """The stock page of the drop."""
    return reverse("admin:drops_drop_stock", args=[drop.pk])


def address_of_size(size: Size) -> str:
    """The page on which that size's total is changed."""
    return reverse("admin:drops_drop_stock_size", args=[size.drop_id, size.pk])


def meter(counts: Any, *, address: str = "") -> SafeString:
    """The meter of a size or of a drop annotated with sums, and its words."""
    total = counts.total or 1
    widths = {name: round(100 * getattr(counts, name) / total, 2) for name in ("available", "reserved", "sold")}
    return SafeString(render_to_string("admin/_meter.html", {"counts": counts, "widths": widths, "address": address}))


def of_drop(model_admin: Any, request: HttpRequest, drop: Drop) -> HttpResponse:
    """Every size with its numbers, read in one statement; a form for a size that is missing."""
    may = request.user.has_perm("drops.adjust_stock")
    form = NewSizeForm(request.POST or None)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if form.is_valid() and _add(model_admin, request, drop, form):
            return redirect(address_of_drop(drop))
    sizes = list(drop.sizes.all())
    context = _context(model_admin, request, drop, title=f"Stock of {drop.title}")
    context |= {"rows": [(size, meter(size), address_of_size(size)) for size in sizes], "may_adjust": may, "form": form}
    if request.user.has_perm("drops.view_stockadjustment"):
        context["history"] = _history(size__drop=drop)
    return TemplateResponse(request, "admin/drops/drop/stock.html", context)


def of_size(model_admin: Any, request: HttpRequest, drop: Drop, size_id: int) -> HttpResponse:
    """One size: its numbers now, a new total with a reason, its history."""
    if not request.user.has_perm("drops.adjust_stock"):
        raise PermissionDenied
    size = drop.sizes.filter(pk=size_id).first()
    if size is None:
        raise Http404
    form = AdjustForm(request.POST or None, initial={"total": size.total, "was": size.total})
    if request.method == "POST" and form.is_valid() and _adjust(model_admin, request, drop, size, form):
        return redirect(address_of_drop(drop))
    size.refresh_from_db()
    context = _context(model_admin, request, drop, title=f"{drop.title}, {size_in_sentence(size.label)}")
    context |= {"size": size, "meter": meter(size), "form": form, "history": _history(size=size)}
    return TemplateResponse(request, "admin/drops/drop/adjust.html", context)


def _adjust(model_admin: Any, request: HttpRequest, drop: Drop, size: Size, form: AdjustForm) -> bool:
    """Whether the total was changed; a refusal stands on the form, with the numbers."""
    given = form.cleaned_data
    try:
        with transaction.atomic():
            locked = counters.lock_sizes([size.pk])[size.pk]
            if locked.total != given["was"]:
                raise Changed(f"Somebody changed the total from {given['was']} to {locked.total} meanwhile. Look again.")
            counters.adjust(size.pk, total=given["total"], reason=given["reason"], by=member_of(request))
    except DropshopError as refusal:
        form.add_error("total", error_sentence(refusal))
        return False
    said = f"Size {size.label}: total {given['was']} → {given['total']} ({given['reason']})."
    model_admin.log_change(request, drop, said)
    model_admin.message_user(request, said, messages.SUCCESS)
    return True


def _add(model_admin: Any, request: HttpRequest, drop: Drop, form: NewSizeForm) -> bool:
    """Whether the size was added; it starts at 0, so that its pairs come with a reason like all others."""
    try:
        label = size_label(form.cleaned_data["label"], drop.sneaker)
    except forms.ValidationError as refusal:
        form.add_error("label", refusal)
        return False
    total, reason = form.cleaned_data["total"], form.cleaned_data["reason"]
    with transaction.atomic():
        locked = Drop.objects.select_for_update(no_key=True).get(pk=drop.pk)  # two of us may have the same idea
        if locked.sizes.filter(label=label).exists():
            form.add_error("label", "The drop has this size already.")
            return False
        try:
            size_run.check_room(locked.pk, 1)
        except size_run.InvalidSizeRun as refusal:
            form.add_error("label", str(refusal))
            return False
        size = counters.add_size(locked.pk, label, 0)
        counters.adjust(size.pk, total=total, reason=reason, by=member_of(request))
        size_run.sort_sizes(locked.pk)
    said = f"Size {label} added with {count_pairs(total)} ({reason})."
    model_admin.log_change(request, drop, said)
    model_admin.message_user(request, said, messages.SUCCESS)
    return True


def _history(**where: Any) -> list[StockAdjustment]:
    return list(StockAdjustment.objects.filter(**where).select_related("size", "by")[:MOVES_SHOWN])


def _context(model_admin: Any, request: HttpRequest, drop: Drop, *, title: str) -> dict[str, Any]:
    shared = model_admin.admin_site.each_context(request)
    return {**shared, "opts": model_admin.opts, "original": drop, "title": title, "back": model_admin.change_address(drop)}


@admin.register(StockAdjustment)
class StockAdjustmentAdmin(ReadOnlyAdmin):
    """Every total changed by hand. Append-only: nobody edits or deletes."""

    list_display = ("when", "size", "total_before", "total_after", "reason", "by")
    fields = ("when", "size", "total_before", "total_after", "reason", "by")
    readonly_fields = ("when",)
    actions = None
    list_select_related = ("size__drop", "by")
    search_fields = ("size__drop__title", "reason", "by__username")
    date_hierarchy = "at"

    @admin.display(description="when", ordering="at")
    def when(self, adjustment: StockAdjustment) -> Any:
        """To the second."""
        return adjustment.at
