"""Events for moderators: hide, show again, cancel."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from community.accounts.deactivation import may_decide_about
from community.events.admin import EventAdmin
from community.events.models import Event
from community.moderation import decisions
from dropshop.core.admin.actions import ObjectAction, staff_of
from dropshop.core.clock import database_time
from dropshop.core.text import counted

MODERATE = "community.moderate"


@admin.register(Event)
class ModeratedEventAdmin(EventAdmin):
    """Search, look, hide, cancel."""

    object_actions = ("hide", "show", "cancel")

    def hide_action(self, request: HttpRequest, event: Event) -> ObjectAction:
        """Hides the event from everybody."""
        return ObjectAction(
            label="Hide",
            permission=MODERATE,
            possible=not event.hidden and _may(request, event),
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
            possible=event.hidden and _may(request, event),
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
            possible=event.cancelled_at is None and event.starts_at > database_time() and _may(request, event),
            question=f"Cancel “{event.title}”?",
            facts=(
                f"{counted(self.going(event), 'guest')} and the host are told.",
                "This cannot be undone.",
                "The record shows your name.",
            ),
            do=lambda: decisions.call_off(event, moderator=staff_of(request)),
            done=f"“{event.title}” is cancelled.",
        )


def _may(request: HttpRequest, event: Event) -> bool:
    """Whether this moderator may decide about the host."""
    moderator: Any = request.user
    return may_decide_about(event.host, by=moderator)
