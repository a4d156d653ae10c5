"""Purchases as staff read them."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dropshop.core.admin.records import RecordsAdmin
from reservations.purchases.addresses import LINES
from reservations.purchases.models import Purchase

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
        address = purchase.address or {}
        return "\n".join(address[line] for line in LINES if address.get(line))
