"""The moderators' queue, what they decide about it, and the trail of what was decided."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from community.accounts.deactivation import may_decide_about
from community.moderation import decisions as moderation
from community.moderation.complaints import kind_of, lookup, owner_of, page_of, reportable, words_of
from community.moderation.models import TARGETS, Complaint, ModerationAction
from community.people.subjects import reportables
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, ReadOnlyAdmin, staff_of
from dropshop.core.clock import database_time

MODERATE = "community.moderate"


class ReasonForm(forms.Form):
    """The reason; the record keeps it, and the author reads it."""

    reason = forms.CharField(
        max_length=400, required=False, help_text="The author reads this, but does not learn who complained."
    )


class WarnForm(ReasonForm):
    """A warning needs a text."""

    reason = forms.CharField(max_length=200, label="What was wrong", help_text="The author reads this.")


class SilenceForm(ReasonForm):
    """For how long."""

    days = forms.IntegerField(min_value=1, max_value=moderation.MAX_SILENCE_DAYS, initial=7)
    field_order = ("days", "reason")


class ComplaintStateFilter(admin.SimpleListFilter):
    """The queue, unless what was decided is asked for."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "Decided"), ("all", "All complaints")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Open, by content"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return moderation.open_complaints(queryset)
        return queryset.filter(closed_at__isnull=False) if self.value() == "closed" else queryset


@admin.register(Complaint)
class ComplaintAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """One line for each thing that was complained of, the most complained of first."""

    object_actions = ("hide", "restore", "dismiss", "warn", "silence", "unsilence")
    list_display = ("what", "whose", "number", "reason", "created_at", "closed_at")
    list_filter = (ComplaintStateFilter, "reason")
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = ("what", "whose", "said_then", "says_now", "complaints", "decisions")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Complaint]:
        """Without complaints about the moderator's own content: the accused never learn who complained."""
        return moderation.seen_by(staff_of(request))

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """What the titles read."""
        return [lookup(kind, field) for kind in reportables() for field in kind.related or ("",)]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The most complained of first."""
        return moderation.QUEUE

    @admin.display(description="what")
    def what(self, complaint: Complaint) -> str:
        about = complaint.target
        hidden = " (hidden)" if moderation.is_hidden(about) else ""
        return f"{kind_of(about)}: {Truncator(words_of(about)).chars(80) or reportable(about).title(about)}{hidden}"

    @admin.display(description="whose")
    def whose(self, complaint: Complaint) -> str:
        owner = owner_of(complaint.target)
        return owner.username if owner else "the shop"

    @admin.display(description="complaints", ordering="number")
    def number(self, complaint: Any) -> int:
        return int(complaint.number)

    @admin.display(description="text when it was reported")
    def said_then(self, complaint: Complaint) -> str:
        return complaint.quote or "—"

    @admin.display(description="text now")
    def says_now(self, complaint: Complaint) -> SafeString | str:
        about = complaint.target
        if moderation.is_gone(about):
            return "Its author has deleted it."
        return format_html('{}<br><a href="{}">View</a>', words_of(about) or "—", page_of(about))

    @admin.display(description="complaints")
    def complaints(self, complaint: Complaint) -> SafeString:
        same = Complaint.objects.filter(**{kind_of(complaint.target): complaint.target}).select_related("by")
        rows = ((each.get_reason_display(), each.by, _when(each.created_at), each.text) for each in same[:100])
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}<br>{}</li>", rows))

    @admin.display(description="decided")
    def decisions(self, complaint: Complaint) -> SafeString | str:
        done = moderation.decisions_about(complaint.target)[:100]
        rows = ((each.get_action_display(), each.moderator, _when(each.created_at), each.reason) for each in done)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}<br>{}</li>", rows)) if done else "—"

    def hide_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """Hides the content from everybody."""
        about = complaint.target
        kind, possible = reportable(about), moderation.can_be_hidden(about)
        told = "Its author is told that a moderator did it, but not who complained."
        facts = (kind.hiding, told)
        return self._action(request, complaint, "Hide it", moderation.hide, facts, possible=possible, kind="hot")

    def restore_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """Shows the content again."""
        about = complaint.target
        possible = moderation.is_hidden(about) and not moderation.is_gone(about)
        facts = ("Everybody sees it again.", "Its author is told.")
        return self._action(request, complaint, "Show it again", moderation.restore, facts, possible=possible)

    def dismiss_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """It stays as it is."""
        facts = ("It stays as it is.", "The member who complained is told that somebody has looked.")
        return self._action(request, complaint, "Dismiss", moderation.dismiss, facts, possible=complaint.closed_at is None)

    def warn_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """Warns the author."""
        facts = ("Its author gets your words as a notice.",)
        owner = owner_of(complaint.target)
        return self._action(request, complaint, "Warn the author", moderation.warn, facts, possible=bool(owner), form=WarnForm)

    def silence_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """Silences the author for some days."""
        facts = ("Its author can read, trade and buy, but cannot write anything that others see.", "They are told how long.")
        owner = owner_of(complaint.target)
        return self._action(
            request, complaint, "Silence the author", moderation.silence, facts, possible=bool(owner), form=SilenceForm
        )

    def unsilence_action(self, request: HttpRequest, complaint: Complaint) -> ObjectAction:
        """Its author may write again."""
        owner = owner_of(complaint.target)
        silenced = bool(owner and owner.silenced_until and owner.silenced_until > database_time())
        facts = ("Its author can write again, and is told so.",)
        return self._action(request, complaint, "Let the author write again", moderation.unsilence, facts, possible=silenced)

    def _action(
        self,
        request: HttpRequest,
        complaint: Complaint,
        label: str,
        act: Callable[..., Any],
        facts: Iterable[str],
        *,
        possible: bool,
        kind: str = "quiet",
        form: type[forms.Form] = ReasonForm,
    ) -> ObjectAction:
        moderator = staff_of(request)
        owner = owner_of(complaint.target)
        return ObjectAction(
            label=label,
            permission=MODERATE,
            possible=possible and (owner is None or may_decide_about(owner, by=moderator)),
            question=f"{label}?",
            facts=(self.what(complaint), *facts),
            do=lambda **given: act(complaint.target, moderator=moderator, complaint=complaint, **given),
            done=f"{label}: done.",
            kind=kind,
            form=form,
        )


@admin.register(ModerationAction)
class ModerationActionAdmin(ReadOnlyAdmin):
    """The trail. Nobody changes it; the database refuses."""

    list_display = ("created_at", "moderator", "action", "reason", "what")
    list_filter = ("action",)
    list_select_related = ("moderator", *TARGETS, "restock__sneaker", "restock__store", "pair__sneaker", "rating__rated")
    search_fields = ("moderator__username", "reason")
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = ("created_at", "moderator", "action", "what", "reason", "came_of")
    readonly_fields = fields

    @admin.display(description="about")
    def what(self, action: ModerationAction) -> str:
        return f"{kind_of(action.target)}: {action.target}"

    @admin.display(description="complaint")
    def came_of(self, action: ModerationAction) -> SafeString | str:
        if action.complaint_id is None:
            return "none: a moderator's own decision"
        address = reverse("admin:community_complaint_change", args=[action.complaint_id])
        return format_html('<a href="{}">what the complaint is about</a>', address)


def _when(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
