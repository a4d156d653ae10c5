"""The provider's events as staff read them."""

from django.contrib import admin

from dropshop.core.admin.records import RecordsAdmin, to_the_second
from reservations.payments.events.models import ProviderEvent


@admin.register(ProviderEvent)
class ProviderEventAdmin(RecordsAdmin):
    """What the provider has told, and what came of it."""

    list_display = ("id", "kind", "subject", "status", "received", "settled", "error")
    list_filter = ("status", "kind")
    search_fields = ("=id", "=subject", "=reference", "=payment_key")
    search_help_text = "Provider's id of the event, of what it happened to, or of the payment"
    date_hierarchy = "received_at"
    received, settled, next_try = to_the_second("received_at"), to_the_second("settled_at"), to_the_second("retry_at")
    fields = (
        *("id", "kind", "subject", "reference", "payment_key", "status", "error"),
        *("received", "tries", "next_try", "settled"),
    )
