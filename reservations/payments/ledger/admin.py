"""The ledger as staff read it; nobody writes it."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from dropshop.core.admin.records import RecordsAdmin
from dropshop.core.money import Money
from reservations.payments.ledger.models import LedgerAccount, LedgerEntry, LedgerTransfer


class LedgerEntryInline(admin.TabularInline):
    """The sides of a transfer."""

    model = LedgerEntry
    fields = readonly_fields = ("account", "money")
    extra = 0
    can_delete = False
    verbose_name_plural = "entries"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="amount")
    def money(self, entry: LedgerEntry) -> str:
        """In words people use."""
        return str(entry.money)


@admin.register(LedgerTransfer)
class LedgerTransferAdmin(RecordsAdmin):
    """Every movement of money. Above the list stands what the listed transfers come to, per account and currency."""

    inlines = (LedgerEntryInline,)
    change_list_template = "admin/reservations/transfers.html"
    list_display = ("created", "kind", "order", "money", "payment_link")
    list_filter = ("kind",)
    search_fields = ("=payment__id", "=payment__authorisation", "=payment__reservation__purchase__number")
    search_help_text = "Order number, payment, or provider's reference"
    date_hierarchy = "created_at"
    fields = ("created", "kind", "order", "money", "payment_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransfer]:
        number = F("payment__reservation__purchase__number")
        return super().get_queryset(request).annotate(number=number).prefetch_related("entries")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Django's, with the sums of all that was found, on whichever page."""
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        if "cl" in context:
            context["sums"] = sums(context["cl"].queryset)
        return answer

    @admin.display(description="order", ordering="number")
    def order(self, transfer: Any) -> str:
        """The number of what was bought."""
        return transfer.number or "—"

    @admin.display(description="amount")
    def money(self, transfer: LedgerTransfer) -> str:
        """What was moved, in words people use."""
        return str(max((entry.money for entry in transfer.entries.all()), key=lambda money: money.minor))

    @admin.display(description="payment")
    def payment_link(self, transfer: LedgerTransfer) -> str:
        """The way to the payment."""
        address = reverse(f"{self.admin_site.name}:reservations_payment_change", args=[transfer.payment_id])
        return format_html('<a href="{}">{}</a>', address, transfer.payment_id)


def sums(transfers: QuerySet[LedgerTransfer]) -> list[tuple[LedgerAccount, Money]]:
    """What these transfers come to, for each account and currency."""
    entries = LedgerEntry.objects.filter(transfer__in=transfers.order_by().values("pk")).order_by("account", "currency")
    found = entries.values_list("account", "currency").annotate(minor=Sum("amount"))
    accounts = LedgerAccount.objects.in_bulk()
    return [(accounts[code], Money(int(minor), currency)) for code, currency, minor in found]
