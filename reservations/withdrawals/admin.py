"""Withdrawals as staff work through them, and on the page of the order."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.records import RecordsAdmin, to_the_second
from dropshop.core.clock import database_time
from reservations.purchases.admin import MAY_SEE_ADDRESSES
from reservations.purchases.models import Purchase
from reservations.refunds.admin import OrderMoneyAdmin
from reservations.refunds.refund import REASON_MAX
from reservations.withdrawals import settle
from reservations.withdrawals.models import Withdrawal, WithdrawalQuerySet

MAY_HANDLE = "reservations.handle_withdrawal"
MAY_SEE = "reservations.view_withdrawal"
admin.site.unregister(Purchase)


class WithdrawalStateFilter(admin.SimpleListFilter):
    """What is left to do, and what should have been done."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("overdue", "Overdue"), ("settled", "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        withdrawals = Withdrawal.objects.all()
        chosen: dict[str, WithdrawalQuerySet] = {
            "open": withdrawals.open(),
            "overdue": withdrawals.overdue(database_time()),
            "settled": withdrawals.exclude(settled_at=None),
        }
        kept = chosen.get(self.value() or "")
        return queryset if kept is None else queryset.filter(pk__in=kept.values("pk"))


class SettleForm(forms.Form):
    """How it was settled."""

    reason = forms.CharField(max_length=REASON_MAX, label="How", widget=forms.Textarea(attrs={"rows": 2}))


@admin.register(Withdrawal)
class WithdrawalAdmin(RecordsAdmin, ObjectActionsAdmin):
    """Who has withdrawn from what, and by when their money must be back. What is due first stands first."""

    object_actions = ("settle",)
    list_display = ("number", "member", "received", "money_back_by", "days_left", "state")
    list_filter = (WithdrawalStateFilter,)
    list_select_related = ("purchase__member",)
    search_fields = ("purchase__number", "purchase__member__username", "purchase__member__email")
    search_help_text = "Order number or member"
    ordering = (F("settled_at").desc(nulls_first=True), "deadline")
    fields = ("order", "received", "money_back_by", "days_left", "state", "signed_in", "settled", "settled_by", "note")
    received, money_back_by, settled = to_the_second("created_at"), to_the_second("deadline"), to_the_second("settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Withdrawal]:
        return super().get_queryset(request).defer("name", "email")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Name and e-mail address of the statement for those who may see where an order goes."""
        facts = super().get_fields(request, obj)
        return (*facts, "stated_name", "stated_email") if request.user.has_perm(MAY_SEE_ADDRESSES) else facts

    def settle_action(self, request: HttpRequest, withdrawal: Withdrawal) -> ObjectAction:
        """Notes that nothing is left to do, where the shop does not see so by itself."""
        return ObjectAction(
            label="Settle",
            permission=MAY_HANDLE,
            possible=withdrawal.settled_at is None,
            question=f"Is nothing left to do about {withdrawal.purchase.number}?",
            facts=(
                "By itself it is settled when all of the money has gone back.",
                "Settle it here where that came another way. No money moves, and the order stays as it is.",
            ),
            form=SettleForm,
            do=lambda reason: settle.settle(withdrawal.pk, by=staff_of(request), reason=reason),
            done="The withdrawal is settled.",
        )

    @admin.display(description="order", ordering="purchase__number")
    def number(self, withdrawal: Withdrawal) -> str:
        """The order's number."""
        return withdrawal.purchase.number

    @admin.display(description="order")
    def order(self, withdrawal: Withdrawal) -> SafeString:
        """The way to the order."""
        way = reverse("admin:reservations_purchase_change", args=[withdrawal.purchase_id])
        return format_html('<a href="{}">{}</a>', way, withdrawal.purchase.number)

    @admin.display(description="member", ordering="purchase__member__username")
    def member(self, withdrawal: Withdrawal) -> str:
        """Whose order it is."""
        return str(withdrawal.purchase.member)

    @admin.display(description="days left", ordering="deadline")
    def days_left(self, withdrawal: Withdrawal) -> str:
        """Whole days until the money must be back; "overdue" after that."""
        if withdrawal.settled_at is not None:
            return "—"
        left = (withdrawal.deadline - database_time()) // timedelta(days=1)
        return "overdue" if left < 0 else str(left)

    @admin.display(description="state")
    def state(self, withdrawal: Withdrawal) -> str:
        """In words."""
        return withdrawal.status.label

    @admin.display(description="name, as stated")
    def stated_name(self, withdrawal: Withdrawal) -> str:
        """Gone once the member has left and it is settled."""
        return withdrawal.name or "—"

    @admin.display(description="e-mail address, as stated")
    def stated_email(self, withdrawal: Withdrawal) -> str:
        """Where the receipt went."""
        return withdrawal.email or "—"


@admin.register(Purchase)
class OrderWithdrawalAdmin(OrderMoneyAdmin):
    """An order, and whether it was withdrawn from."""

    fields: ClassVar[tuple[str, ...]] = (*OrderMoneyAdmin.fields, "withdrawn")

    @admin.display(description="withdrawal")
    def withdrawn(self, order: Purchase) -> str | SafeString:
        """The way to it, and how far it is."""
        found = Withdrawal.objects.filter(purchase=order).defer("name", "email").first()
        if found is None:
            return "—"
        found.purchase = order
        way = reverse("admin:reservations_withdrawal_change", args=[found.pk])
        received = f"{found.created_at:%Y-%m-%d %H:%M:%S} UTC"
        return format_html('<a href="{}">{}</a> · {}', way, received, found.status.label)
