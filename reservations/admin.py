"""Holds, sales and payments as support reads them. Nothing here can be written: deeds do that."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from dropshop.core.admin.records import Records, to_the_second
from reservations.addresses import LINES
from reservations.models import Payment, Purchase, Reservation

MAY_SEE_ADDRESSES = "reservations.view_address"


@admin.register(Reservation)
class ReservationAdmin(Records):
    """Who held what, until when, and how it ended."""

    list_display = ("drop", "label", "member", "stands", "money", "created", "expires", "ended")
    list_filter = ("status", ("drop", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("drop", "size", "member")
    search_fields = ("=id", "member__username", "member__email", "drop__title", "drop__slug")
    search_help_text = "Number of the hold, member, or drop"
    date_hierarchy = "created_at"
    fields = (
        *("id", "drop", "label", "member", "stands", "money"),
        *("created", "expires", "extensions", "pinned", "ended"),
    )
    expires, ended, pinned = (to_the_second(name) for name in ("expires_at", "ended_at", "pinned_until"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """Each with the moment at which it was read, by the database's clock."""
        return super().get_queryset(request).annotate(read_at=Now())

    @admin.display(description="status", ordering="status")
    def stands(self, reservation: Any) -> str:
        """A hold whose time is over has expired, whether or not the sweeper has come."""
        lapsed = reservation.is_overdue(reservation.read_at)
        return str(Reservation.Status.EXPIRED.label if lapsed else reservation.get_status_display())

    @admin.display(description="size", ordering="size__label")
    def label(self, reservation: Reservation) -> str:
        """The size by its own name."""
        return reservation.size.label


@admin.register(Purchase)
class PurchaseAdmin(Records):
    """What was sold. Where it is sent is shown to those who may know."""

    list_display = ("number", "drop", "label", "member", "status", "money", "created")
    list_filter = ("status", ("drop", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("drop", "size", "member")
    search_fields = ("number", "member__username", "member__email", "drop__title", "drop__slug")
    search_help_text = "Order number, member, or drop"
    date_hierarchy = "created_at"
    fields = ("number", "reservation", "drop", "label", "member", "status", "money", "created")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purchase]:
        return super().get_queryset(request).defer("address")

    def get_fields(self, request: HttpRequest, obj: Purchase | None = None) -> tuple[str, ...]:
        facts = super().get_fields(request, obj)
        return (*facts, "sent_to") if request.user.has_perm(MAY_SEE_ADDRESSES) else facts

    @admin.display(description="size", ordering="size__label")
    def label(self, purchase: Purchase) -> str:
        """The size by its own name."""
        return purchase.size.label

    @admin.display(description="sent to")
    def sent_to(self, purchase: Purchase) -> str:
        """The address, line by line."""
        address = purchase.address or {}
        return "\n".join(address[line] for line in LINES if address.get(line))


@admin.register(Payment)
class PaymentAdmin(Records):
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
