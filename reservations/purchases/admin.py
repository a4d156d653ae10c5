"""Purchases as staff read them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dropshop.core.admin.actions import PermissionFirstAdmin
from dropshop.core.admin.records import RecordsAdmin, money_as
from dropshop.core.errors import Invalid
from reservations.addresses.lines import LINES
from reservations.purchases.addresses import check_address
from reservations.purchases.models import PickupPlace, Purchase

MAY_SEE_ADDRESSES = "reservations.view_address"


@admin.register(Purchase)
class PurchaseAdmin(RecordsAdmin):
    """What was sold. Where it is sent is shown to those who may know."""

    list_display: tuple[str, ...] = ("number", "drop", "label", "member", "status", "money", "created")
    list_filter = ("status", ("drop", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("drop", "size", "member")
    search_fields = ("number", "member__username", "member__email", "drop__title", "drop__slug")
    search_help_text = "Order number, member, or drop"
    date_hierarchy = "created_at"
    fields: ClassVar[tuple[str, ...]] = (
        *("number", "reservation", "drop", "label", "member", "status"),
        *("money", "made_of", "created"),
    )
    money = money_as("paid")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purchase]:
        return super().get_queryset(request).defer("address")

    def get_fields(self, request: HttpRequest, obj: Purchase | None = None) -> tuple[str, ...]:
        facts = super().get_fields(request, obj)
        return (*facts, "sent_to") if request.user.has_perm(MAY_SEE_ADDRESSES) else facts

    @admin.display(description="size", ordering="size__label")
    def label(self, purchase: Purchase) -> str:
        """The size by its own name."""
        return purchase.size.label

    @admin.display(description="price, shipping, tax")
    def made_of(self, purchase: Purchase) -> str:
        """What the shopper paid for."""
        paid = purchase.charges
        tax = f"{paid.tax} {paid.tax_label}{' (included)' if paid.tax_included else ''}"
        return f"{paid.price}, {paid.shipping}, {tax.strip()}"

    @admin.display(description="sent to")
    def sent_to(self, purchase: Purchase) -> str:
        """The address, line by line."""
        address = purchase.address
        said = ["Forgotten; what is left of it:"] if purchase.address_forgotten else []
        return "\n".join([*said, *(address[line] for line in ("place", *LINES) if address.get(line))])


class PickupPlaceForm(forms.ModelForm):
    """A place, whose address is checked as a shopper's is."""

    def clean(self) -> dict[str, Any]:
        """The lines as they are stored; the country by its code."""
        given = super().clean() or {}
        try:
            return given | check_address({line: given.get(line, "") for line in LINES})
        except Invalid as refusal:
            errors: dict[str, list[str]] = refusal.facts["errors"]
            for name, words in errors.items():
                self.add_error(name.removeprefix("address."), words)
        return given


@admin.register(PickupPlace)
class PickupPlaceAdmin(PermissionFirstAdmin):
    """Where pairs are collected; one that is not used any more is closed, and its orders stay as they are."""

    form = PickupPlaceForm
    list_display = ("name", "city", "country", "hours", "is_open")
    list_filter = ("is_open",)
    search_fields = ("name", "city")
    fields = ("name", "street", "zip_code", "city", "state", "country", "hours", "is_open", "drops")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: orders name it."""
        return False
