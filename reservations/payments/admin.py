"""Payments as staff read them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dropshop.core.admin.records import RecordsAdmin, money_as, to_the_second
from reservations.payments.models import Payment


@admin.register(Payment)
class PaymentAdmin(RecordsAdmin):
    """What was asked of the provider and what came of it."""

    list_display = ("reference", "member", "drop", "status", "money", "note", "created", "settled")
    list_filter = ("status",)
    list_select_related = ("reservation__member", "reservation__drop")
    search_fields = ("=id", "authorisation", "reservation__member__username", "reservation__purchase__number")
    search_help_text = "Provider's reference, order number, or member"
    date_hierarchy = "created_at"
    fields = (
        *("id", "reservation", "method_end", "money", "status", "reference", "note"),
        *("created", "asked", "tries", "next_look", "settled"),
    )
    money = money_as("amount")
    settled, next_look = to_the_second("settled_at"), to_the_second("retry_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).defer("address")

    @admin.display(description="provider's reference", ordering="authorisation")
    def reference(self, payment: Payment) -> str:
        """What to ask the provider about."""
        return payment.authorisation or "none yet"

    @admin.display(description="paid with")
    def method_end(self, payment: Payment) -> str:
        """The token's last part; more of it is nobody's to read."""
        return f"… {payment.method[-4:]}"

    @admin.display(description="member", ordering="reservation__member__username")
    def member(self, payment: Payment) -> str:
        """Who pays."""
        return payment.reservation.member.get_username()

    @admin.display(description="drop", ordering="reservation__drop__title")
    def drop(self, payment: Payment) -> str:
        """What for."""
        return payment.reservation.drop.title
