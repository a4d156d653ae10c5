"""Events as staff read them; written by their hosts alone. Moderators hide, show again, cancel."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from community.accounts.deactivation import may_decide_about
from community.events import hosting
from community.events.models import Event
from community.moderation import decisions
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, ReadOnlyAdmin, staff_of
from dropshop.core.clock import database_time
from dropshop.core.text import counted

MODERATE = "community.moderate"


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """Search, look, hide, cancel."""

    object_actions = ("hide", "show", "cancel")
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

    def hide_action(self, request: HttpRequest, event: Event) -> ObjectAction:
        """Hides the event from everybody."""
        return ObjectAction(
            label="Hide",
            permission=MODERATE,
            possible=not event.hidden and may_decide_about(event.host, by=staff_of(request)),
            question=f"Hide “{event.title}”?",
            facts=(
                "It is hidden from everybody, also from its host and guests.",
                "The host is told. The record shows your name.",
            ),
            do=lambda: decisions.hide(event, moderator=staff_of(request)),
            done=f"“{event.title}” is hidden.",
        )

    def show_action(self, request: HttpRequest, event: Event) -> ObjectAction:
        """Shows the event again."""
        return ObjectAction(
            label="Show again",
            permission=MODERATE,
            possible=event.hidden and may_decide_about(event.host, by=staff_of(request)),
            question=f"Show “{event.title}” again?",
            facts=("Everybody sees it again, with the guests it had.",),
            do=lambda: decisions.restore(event, moderator=staff_of(request)),
            done=f"“{event.title}” is shown again.",
        )

    def cancel_action(self, request: HttpRequest, event: Event) -> ObjectAction:
        """Cancels the event for good."""
        return ObjectAction(
            label="Cancel the event",
            permission=MODERATE,
            possible=event.cancelled_at is None
            and event.starts_at > database_time()
            and may_decide_about(event.host, by=staff_of(request)),
            question=f"Cancel “{event.title}”?",
            facts=(
                f"{counted(self.going(event), 'guest')} and the host are told.",
                "This cannot be undone.",
                "The record shows your name.",
            ),
            do=lambda: hosting.call_off(event, moderator=staff_of(request)),
            done=f"“{event.title}” is cancelled.",
        )
