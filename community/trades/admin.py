"""Trades as staff see them, and the queue of those about which they decide."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from community.trades import disputes
from community.trades.agreed import agreed
from community.trades.models import Dispute, Shipment, Trade, TradeItem
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, ReadOnlyAdmin, staff_of
from dropshop.core.clock import database_time


class Inline(admin.TabularInline):
    """Rows of a trade, to be looked at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("community.view_trade"))


class ItemInline(Inline):
    """Which pairs, by whom."""

    model = TradeItem
    fields = ("what", "notes", "photographs", "giver", "owner_now")
    readonly_fields = fields
    verbose_name_plural = "pairs, as they were offered"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TradeItem]:
        return super().get_queryset(request).select_related("trade", "pair__sneaker", "pair__owner", "giver")

    @admin.display(description="pair")
    def what(self, item: TradeItem) -> str:
        """Sneaker, size and condition."""
        one = agreed(item, item.trade)
        return f"{one.name}, {one.condition.label.lower()}"

    @admin.display(description="notes")
    def notes(self, item: TradeItem) -> str:
        """What its giver wrote of it."""
        return agreed(item, item.trade).notes

    @admin.display(description="photographs")
    def photographs(self, item: TradeItem) -> str:
        """Those that the offer shows."""
        one = '<a href="{}"><img class="thumb" src="{}" alt="{}" width="96" height="64"></a> '
        shown = agreed(item, item.trade).pictures
        return format_html_join("", one, ((picture["url"], picture["url"], picture["alt"]) for picture in shown))

    @admin.display(description="with")
    def owner_now(self, item: TradeItem) -> str:
        """Whose closet the pair is in."""
        return item.pair.owner.username


class ShipmentInline(Inline):
    """What is on its way."""

    model = Shipment
    fields = ("sender", "due_at", "carrier", "tracking", "sent_at", "received_at", "overdue_at")
    readonly_fields = fields


class Overdue(admin.SimpleListFilter):
    """Trades of which a side was not sent in time."""

    title = "sending"
    parameter_name = "sending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, str], ...]:
        return (("overdue", "not sent in time"),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Trade]) -> QuerySet[Trade]:
        if self.value() != "overdue":
            return queryset
        late = Shipment.objects.filter(sent_at=None, due_at__lt=database_time())
        return queryset.filter(status="accepted", completed_at=None, undone_at=None, pk__in=late.values("trade"))


@admin.register(Trade)
class TradeAdmin(ReadOnlyAdmin):
    """What was offered, and what came of it. The words of the two sides are theirs."""

    list_display = ("between", "status", "created_at", "decided_at", "completed_at", "undone_at")
    list_filter = ("status", Overdue)
    list_select_related = ("proposer", "receiver")
    search_fields = ("=id", "proposer__username", "receiver__username")
    search_help_text = "Number, or member"
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = ("id", "proposer", "receiver", "status", "answers", "created_at", "decided_at", "completed_at", "undone_at")
    inlines = (ItemInline, ShipmentInline)
    actions = None

    @admin.display(description="between", ordering="proposer__username")
    def between(self, trade: Trade) -> str:
        """Who offered, and to whom."""
        return f"{trade.proposer} and {trade.receiver}"


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """The queue: those that wait for a decision first, oldest first."""

    object_actions = ("uphold", "undo")
    list_display = ("trade", "opened_by", "opened_at", "decision", "resolved_by", "resolved_at")
    list_filter = (("resolution", admin.AllValuesFieldListFilter),)
    list_select_related = ("trade__proposer", "trade__receiver", "opened_by", "resolved_by")
    ordering = ("resolution", "opened_at")
    search_fields = ("trade__proposer__username", "trade__receiver__username")
    show_full_result_count = False
    fields = ("trade_page", "opened_by", "opened_at", "reason", "decision", "resolved_by", "resolved_at")

    @admin.display(description="decision", ordering="resolution")
    def decision(self, dispute: Dispute) -> str:
        """What was decided."""
        return str(dispute.get_resolution_display())

    @admin.display(description="trade")
    def trade_page(self, dispute: Dispute) -> str:
        """The trade with its pairs and shipments."""
        return format_html('<a href="/admin/community/trade/{}/change/">{}</a>', dispute.trade_id, dispute.trade)

    def uphold_action(self, request: HttpRequest, dispute: Dispute) -> ObjectAction:
        """The trade stands."""
        return self._action(
            request,
            dispute,
            label="The trade stands",
            facts=("Every pair stays where it is.", "The trade is complete, and both sides are told."),
            do=lambda: disputes.uphold(dispute.pk, by=staff_of(request)),
            done="The trade stands.",
        )

    def undo_action(self, request: HttpRequest, dispute: Dispute) -> ObjectAction:
        """Every pair goes back."""
        return self._action(
            request,
            dispute,
            label="Undo the trade",
            facts=(
                "Every pair goes back to the closet it came from, without the notes and the price it had there.",
                "The karma both sides earned by it is taken back.",
                "The shoes themselves must still be sent back: write to both sides.",
            ),
            do=lambda: disputes.undo(dispute.pk, by=staff_of(request)),
            done="The trade is undone.",
        )

    def _action(self, request: HttpRequest, dispute: Dispute, **facts: Any) -> ObjectAction:
        sides = (dispute.trade.proposer, dispute.trade.receiver)
        possible = not dispute.resolution and request.user not in sides
        names = " and ".join(side.username for side in sides)
        question = f"{facts['label']} between {names}?"
        return ObjectAction(permission="community.resolve_dispute", possible=possible, question=question, **facts)
