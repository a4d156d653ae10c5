"""What the admin of every app shares: read-only models, operations as buttons, and the log of what staff did."""

import allauth.mfa.admin  # registers itself, and is taken away below
import allauth.socialaccount.admin  # the same
import allauth.usersessions.admin  # noqa: F401 - the same
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin

from dropshop.core.admin.actions import ReadOnlyAdmin

# The secrets of somebody's second factor are nobody's to read.
admin.site.unregister(Authenticator)
# Providers come from the environment, and what they say of members is the members'.
admin.site.unregister((SocialApp, SocialToken, SocialAccount))


@admin.register(admin.models.LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who did what in here. For superusers; append-only."""

    list_display = ("action_time", "user", "about", "what", "words")
    list_filter = (
        "action_flag",
        ("content_type", admin.RelatedOnlyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "user__username")
    search_help_text = "What it was about, or who of staff"
    date_hierarchy = "action_time"
    fields = ("action_time", "user", "about", "what", "words")
    readonly_fields = fields

    @admin.display(description="about", ordering="object_repr")
    def about(self, entry: admin.models.LogEntry) -> str:
        """The thing's name at that time, behind its kind."""
        return f"{entry.content_type.name if entry.content_type else 'something'}: {entry.object_repr}"

    @admin.display(description="what", ordering="action_flag")
    def what(self, entry: admin.models.LogEntry) -> str:
        """Added, changed or deleted."""
        return str(entry.get_action_flag_display())

    @admin.display(description="in words")
    def words(self, entry: admin.models.LogEntry) -> str:
        """What was changed, in words and not as it is stored."""
        return entry.get_change_message() or "—"


admin.site.unregister(UserSession)


@admin.register(UserSession)
class SessionAdmin(ReadOnlyAdmin):
    """Where members are signed in. The key of a session is a sign-in, and so nobody's to read."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__username", "=ip")
    search_help_text = "Member, or address"
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = None
    fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    readonly_fields = fields
