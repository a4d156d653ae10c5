"""Karma: rules and levels that staff edit, with their history, and the ledger, which nobody edits."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html

from community.karma.ledger import MAX_POINTS_BY_HAND
from community.karma.models import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule, KarmaTransfer
from dropshop.core.admin.actions import ReadOnlyAdmin
from dropshop.core.admin.history import HistoryAdmin


class ByHandForm(forms.Form):
    """How many points, and why. `key`: the same form sent twice moves them once."""

    points = forms.IntegerField(min_value=1, max_value=MAX_POINTS_BY_HAND)
    reason = forms.CharField(max_length=200, help_text="The member reads it.", widget=forms.TextInput(attrs={"size": 60}))
    key = forms.CharField(max_length=40, initial=lambda: uuid4().hex, widget=forms.HiddenInput)


class RuleForm(forms.ModelForm):
    """What a action earns or costs; a rule that earns stays one that earns."""

    class Meta:
        model = KarmaRule
        fields = ("title", "points", "daily_cap", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True  # what counts as changed is what differs from the page, not from the row

    def clean_points(self) -> int:
        """The same sign as before: the action that names the rule gives, or takes."""
        points: int = self.cleaned_data["points"]
        before = self.initial.get("points", points)
        if points == 0 or (points > 0) != (before > 0):
            raise forms.ValidationError(f"This rule {'earns' if before > 0 else 'costs'} points, and stays so.")
        return points


@admin.register(KarmaRule)
class RuleAdmin(HistoryAdmin):
    """Staff change numbers and texts; the set of rules is defined in code, because operations name them."""

    form = RuleForm
    list_display = ("title", "code", "points", "daily_cap", "active")
    ordering = ("-points", "code")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: KarmaRule | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: KarmaRule, form: Any, change: bool) -> None:
        """Writes what was changed, and nothing that somebody else changed meanwhile."""
        if form.changed_data:
            obj.save(update_fields=form.changed_data)


@admin.register(KarmaLevel)
class LevelAdmin(HistoryAdmin):
    """What balances unlock. A change holds for everybody at once: levels are derived from balances."""

    list_display = ("name", "threshold", "confirm_weight", "may_post_links")
    ordering = ("threshold",)
    actions = None

    def save_model(self, request: HttpRequest, obj: KarmaLevel, form: Any, change: bool) -> None:
        """Writes what was changed, and nothing that somebody else changed meanwhile."""
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)


class EntryInline(admin.TabularInline):
    """Both sides of a transfer."""

    model = KarmaEntry
    fields = ("account", "points", "balance")
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = "both sides"

    def get_queryset(self, request: HttpRequest) -> QuerySet[KarmaEntry]:
        return super().get_queryset(request).select_related("account__member")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(KarmaTransfer)
class TransferAdmin(ReadOnlyAdmin):
    """Every movement of points, and why. Append-only: the database refuses the rest."""

    inlines = (EntryInline,)
    list_display = ("created_at", "member", "rule", "moved", "source", "note", "by")
    list_filter = ("rule",)
    list_select_related = ("member", "rule", "by")
    search_fields = ("=member__username", "=source", "=by__username")
    search_help_text = "A member, a cause (restock:…), or who of staff"
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[KarmaTransfer]:
        return super().get_queryset(request).prefetch_related("entries__account")

    @admin.display(description="points")
    def moved(self, transfer: KarmaTransfer) -> str:
        """The member's side; 0 where all of it was owed."""
        sides = [entry.points for entry in transfer.entries.all() if entry.account.member_id is not None]
        return f"{sum(sides):+d}"


@admin.register(KarmaAccount)
class AccountAdmin(ReadOnlyAdmin):
    """Balances: the members', kept by the database, and the house's, which are added up when somebody asks."""

    list_display = ("__str__", "points", "owed")
    list_select_related = ("member",)
    search_fields = ("=member__username",)
    search_help_text = "A member's name"
    ordering = ("-balance", "pk")
    show_full_result_count = False
    actions = None
    fields = ("member", "name", "points", "owed", "movements")
    readonly_fields = ("points", "movements")

    @admin.display(description="points", ordering="balance")
    def points(self, account: KarmaAccount) -> int:
        """The balance; of the house, the sum of its entries."""
        if account.member_id is not None:
            return account.balance
        total: int = account.entries.aggregate(sum=Sum("points", default=0))["sum"]
        return total

    @admin.display(description="movements")
    def movements(self, account: KarmaAccount) -> str:
        """The way to all of them."""
        if account.member is None:
            return "—"
        address = f"/admin/community/karmatransfer/?q={account.member.get_username()}"
        return format_html('<a href="{}">Every movement of {}</a>', address, account.member)


@admin.register(KarmaEntry)
class EntryAdmin(ReadOnlyAdmin):
    """Both sides of every transfer, as they were written."""

    list_display = ("pk", "account", "points", "balance", "transfer")
    list_select_related = ("account__member", "transfer__rule")
    search_fields = ("=account__member__username", "=transfer__source")
    ordering = ("-pk",)
    show_full_result_count = False
    actions = None
