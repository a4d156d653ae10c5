"""Stores, kept by staff, and the queue of reports with what moderators decide about them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from community.accounts.deactivation import may_decide_about
from community.moderation import decisions
from community.moderation.admin import ReasonForm
from community.people.models import Member
from community.restocks import votes as verdicts
from community.restocks.facts import NOBODY, records_of
from community.restocks.models import Restock, RestockVote
from community.restocks.presenter import record_in_words
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, ReadOnlyAdmin, staff_of

Status, Kind = Restock.Status, RestockVote.Kind


class RestockStateFilter(admin.SimpleListFilter):
    """The queue, unless something else is asked for."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Status.choices, ("hidden", "Hidden"), ("all", "All reports")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Open, most disputed first"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case None:
                return queryset.filter(status__in=Restock.OPEN, hidden=False)
            case "hidden":
                return queryset.filter(hidden=True)
            case "all":
                return queryset
        return queryset.filter(status=self.value())


class RestockReasonForm(ReasonForm):
    """The reason, for the trail and the reporter."""

    reason = forms.CharField(max_length=400, required=False, help_text="The reporter reads this.")


@admin.register(Restock)
class RestockAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """Reports: what was said of them, and the moderators' verdict. Nothing is written here but by operations."""

    object_actions = ("confirm", "dispute", "gone", "hide")
    list_display = ("sneaker", "store", "sizes", "status", "confirms", "disputes", "reporter", "created_at")
    list_filter = (RestockStateFilter, "store")
    list_select_related = ("sneaker", "store", "reporter")
    search_fields = ("=id", "sneaker__name", "sneaker__style_code", "store__name", "reporter__username")
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = (
        *("sneaker", "store", "sizes", "price_shown", "link", "shown", "note", "said_by", "status", "hidden"),
        *("created_at", "confirmed_at", "ended_at", "votes"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Restock]:
        """With the number of votes, for the queue."""
        votes = {
            name: Count("votes", filter=Q(votes__kind=kind)) for name, kind in (("yes", Kind.CONFIRM), ("no", Kind.DISPUTE))
        }
        return super().get_queryset(request).annotate(**votes).order_by("-no", "-created_at", "-pk")

    @admin.display(description="saw it too", ordering="yes")
    def confirms(self, restock: Any) -> int:
        return int(restock.yes)

    @admin.display(description="did not find it", ordering="no")
    def disputes(self, restock: Any) -> int:
        return int(restock.no)

    @admin.display(description="price")
    def price_shown(self, restock: Restock) -> str:
        return str(restock.money or "—")

    @admin.display(description="picture")
    def shown(self, restock: Restock) -> SafeString | str:
        if not restock.picture:
            return "—"
        return format_html('<img class="thumb" src="{}" alt="The reporter\'s photo" width="240">', restock.picture.url)

    @admin.display(description="reported by")
    def said_by(self, restock: Restock) -> str:
        if restock.reporter is None:
            return f"the feed {restock.source}"
        record = records_of([restock.reporter.pk]).get(restock.reporter.pk, NOBODY)
        return f"{restock.reporter.username}: {record_in_words(record)}"

    @admin.display(description="what members said")
    def votes(self, restock: Restock) -> SafeString | str:
        """Who said what, with the weight of their level then."""
        votes = restock.votes.select_related("member").order_by("created_at")[:200]
        rows = ((f"{vote.created_at:%Y-%m-%d %H:%M} UTC", vote.member, vote.get_kind_display(), vote.weight) for vote in votes)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {} · weight {}</li>", rows)) if votes else "—"

    def confirm_action(self, request: HttpRequest, restock: Restock) -> ObjectAction:
        """It is so."""
        facts = ("The reporter and those who confirmed it get their points.", "Members who follow it are notified.")
        return self._verdict(request, restock, Status.CONFIRMED, "Confirm", facts)

    def dispute_action(self, request: HttpRequest, restock: Restock) -> ObjectAction:
        """It is not so."""
        facts = ("Points earned with it are taken back from everybody.", "This cannot be undone; it can be reported again.")
        return self._verdict(request, restock, Status.DISPUTED, "Dispute", facts)

    def gone_action(self, request: HttpRequest, restock: Restock) -> ObjectAction:
        """It is over."""
        return self._verdict(request, restock, Status.GONE, "Mark as gone", ("It ends; no points change.",))

    def hide_action(self, request: HttpRequest, restock: Restock) -> ObjectAction:
        """Hides the report from everybody."""
        facts = (
            "It is hidden from everybody at once, and it ends as disputed: its points are taken back.",
            "The reporter is told that a moderator did it. The record shows who and why.",
        )

        def hide(pk: Any, *, by: Member, reason: str = "") -> Restock:
            decisions.hide(restock, moderator=by, reason=reason)
            return restock

        return self._action(
            request, restock, "Hide", facts, hide, possible=not restock.hidden, kind="hot", form=RestockReasonForm
        )

    def _verdict(
        self, request: HttpRequest, restock: Restock, status: Restock.Status, label: str, facts: tuple[str, ...]
    ) -> ObjectAction:
        def decide(pk: Any, *, by: Member) -> Restock:
            return verdicts.decide(pk, status, by=by)

        possible = status in Restock.MOVES[Status(restock.status)] and not restock.hidden
        return self._action(request, restock, label, facts, decide, possible=possible)

    def _action(
        self,
        request: HttpRequest,
        restock: Restock,
        label: str,
        facts: tuple[str, ...],
        act: Callable[..., Restock],
        *,
        possible: bool,
        kind: str = "quiet",
        form: type[forms.Form] | None = None,
    ) -> ObjectAction:
        moderator = staff_of(request)
        decides = restock.reporter is None or may_decide_about(restock.reporter, by=moderator)
        return ObjectAction(
            label=label,
            permission=verdicts.MODERATE,
            possible=possible and decides,
            question=f"{label}: {restock.sneaker} at {restock.store}?",
            facts=facts,
            do=lambda **given: act(restock.pk, by=moderator, **given),
            done=f"{label}: done.",
            kind=kind,
            form=form,
        )
