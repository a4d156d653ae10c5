"""Holds as staff read them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from dropshop.core.admin.records import RecordsAdmin, money_as, to_the_second
from reservations.holds.models import Reservation


@admin.register(Reservation)
class ReservationAdmin(RecordsAdmin):
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
    money = money_as("price")
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
