"""Events as staff read them; written by their hosts alone. What moderators do with them: moderation/event_admin.py."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from community.events.models import Event
from dropshop.core.admin.actions import ObjectActionsAdmin, ReadOnlyAdmin


class EventAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """Search and look."""

    list_display = ("title", "host", "starts_at", "city", "going", "capacity", "cancelled_at", "hidden")
    list_filter = ("hidden", ("cancelled_at", admin.EmptyFieldListFilter), "starts_at")
    list_select_related = ("host",)
    search_fields = ("title", "city", "venue", "host__username", "=id")
    search_help_text = "Title, city, venue, host, or number"
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-id")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """With the number of guests."""
        guests = Count("attendances", filter=Q(attendances__status="going"))
        return super().get_queryset(request).annotate(guests=guests)

    @admin.display(description="going")
    def going(self, event: Any) -> int:
        """Guests who have a place."""
        return int(event.guests)
