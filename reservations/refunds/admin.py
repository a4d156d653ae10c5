"""Refunds and chargebacks as staff see them; giving money back and cancelling, on the page of an order."""

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.records import RecordsAdmin, money_as, to_the_second
from dropshop.core.money import InvalidAmount, Money
from reservations.orders.admin import OrderAdmin
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.refunds import cancel, refund
from reservations.refunds.models import Chargeback, Refund

MAY_REFUND = "reservations.refund"
MAY_SEE_REFUNDS = "reservations.view_refund"
admin.site.unregister(Purchase)


class RefundForm(forms.Form):
    """How much of what was paid goes back, and why. `n` makes a double click one refund."""

    amount = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
    reason = forms.CharField(max_length=refund.REASON_MAX, widget=forms.Textarea(attrs={"rows": 2}))
    n = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, given: Any = None, *, left: Money, n: int) -> None:
        super().__init__(given, initial={"amount": left.amount, "n": n})
        self.left = left
        self.fields["amount"].help_text = f"In {left.currency}. {left} is left of what was paid."

    def clean_amount(self) -> Money:
        """What was typed, with the currency's own decimals; how much is left is asked of the refund itself."""
        try:
            money = Money.parse(self.cleaned_data["amount"].strip(), self.left.currency)
        except InvalidAmount:
            raise forms.ValidationError(f"Write an amount in {self.left.currency} such as {self.left.amount}.") from None
        if money.minor < 1:
            raise forms.ValidationError("Give an amount above zero.")
        return money


class CancelForm(forms.Form):
    """Why, and what becomes of the pair and of the money: two choices without a default."""

    CHOICES = (("yes", "Yes"), ("no", "No"))
    reason = forms.CharField(max_length=refund.REASON_MAX, widget=forms.Textarea(attrs={"rows": 2}))
    put_back = forms.TypedChoiceField(
        label="Put the pair back for sale?", choices=CHOICES, widget=forms.RadioSelect, coerce="yes".__eq__
    )
    refund = forms.TypedChoiceField(
        label="Give back what is left of the money?", choices=CHOICES, widget=forms.RadioSelect, coerce="yes".__eq__
    )


@admin.register(Purchase)
class OrderMoneyAdmin(OrderAdmin):
    """An order with what was paid for it, given back and left; money is given back, and orders are cancelled, here."""

    object_actions = (*OrderAdmin.object_actions, "refund", "cancel", "put_back")
    fields: ClassVar[tuple[str, ...]] = (*OrderAdmin.fields, "given_back", "left", "refunds_made")

    def refund_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Gives money back, all or a part."""
        left = _left(order)
        return ObjectAction(
            label="Refund",
            permission=MAY_REFUND,
            possible=left.minor > 0,
            question=f"Give money back for {order.number}?",
            facts=(f"{order.money} was paid, {left} of it is left.", *_limit(order), "The order itself stays as it is."),
            form=partial(RefundForm, left=left, n=refund.next_number(order)),
            do=lambda amount, reason, n: _stay(refund.ask(order.pk, amount, by=staff_of(request), reason=reason, n=n)),
            done="The refund is written down.",
        )

    def cancel_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Cancels the order; its pair and its money are choices of their own."""
        return ObjectAction(
            label="Cancel the order",
            permission=MAY_REFUND,
            possible=Purchase.Status.CANCELLED in Purchase.MOVES[Purchase.Status(order.status)],
            question=f"Cancel {order.number}?",
            facts=(f"{_left(order)} is left of what was paid.", *_limit(order), "It cannot be undone."),
            form=CancelForm,
            do=lambda **given: cancel.cancel(order.pk, by=staff_of(request), **given),
            done="The order is cancelled.",
        )

    def put_back_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Offers the pair of an order that has ended."""
        return ObjectAction(
            label="Put the pair back",
            permission=MAY_REFUND,
            possible=order.status in Purchase.ENDED and not order.restocked,
            question=f"Put the pair of {order.number} back for sale?",
            facts=(f"{order.drop}, {order.size.label}: one pair more is available at once.",),
            do=lambda: cancel.put_back(order.pk),
            done="The pair is for sale again.",
        )

    @admin.display(description="given back, or on its way")
    def given_back(self, order: Purchase) -> str:
        """What is refunded or promised, and what the shopper's bank has taken."""
        payment = _payment(order)
        if payment is None:
            return "—"
        refunded, taken = (Money(minor, order.currency) for minor in (payment.refunded, payment.charged_back))
        return f"{refunded}, and {taken} charged back" if taken.minor else str(refunded)

    @admin.display(description="left")
    def left(self, order: Purchase) -> str:
        """What can still be given back."""
        return str(_left(order))

    @admin.display(description="refunds and chargebacks")
    def refunds_made(self, order: Purchase) -> str | SafeString:
        """A line each, the first one first."""
        lines = [
            (_address(thing), thing.money, thing.get_status_display(), getattr(thing, "reason", ""))
            for things in (order.refunds.order_by("n"), order.chargebacks.order_by("pk"))
            for thing in things
        ]
        rows = format_html_join("", '<li><a href="{}">{}</a> · {} · {}</li>', lines)
        return format_html("<ul>{}</ul>", rows) if lines else "—"


def _payment(order: Purchase) -> Payment | None:
    return Payment.objects.defer("address").filter(reservation=order.reservation_id, status="captured").first()


def _left(order: Purchase) -> Money:
    payment = _payment(order)
    return payment.left if payment else Money(0, order.currency)


def _limit(order: Purchase) -> tuple[str, ...]:
    limit = refund.limit_of(order.currency)
    return (f"Above {limit} for one order, another member of staff approves.",)


def _stay(_done: object) -> None:
    """The order's page is shown afterwards, not that of the refund."""


def _address(thing: Refund | Chargeback) -> str:
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])


class MoneyBackAdmin(RecordsAdmin):
    """What refunds and chargebacks share."""

    list_select_related: ClassVar[tuple[str, ...]] = ("purchase",)
    date_hierarchy = "created_at"
    search_fields = ("=purchase__number", "=reference", "purchase__member__username")
    search_help_text = "Order number, provider's reference, or member"
    settled, money = to_the_second("settled_at"), money_as("amount")

    @admin.display(description="order", ordering="purchase__number")
    def order(self, thing: Refund | Chargeback) -> str | SafeString:
        """The way to the order."""
        address = reverse("admin:reservations_purchase_change", args=[thing.purchase_id])
        return format_html('<a href="{}">{}</a>', address, thing.purchase.number)


@admin.register(Refund)
class RefundAdmin(MoneyBackAdmin, ObjectActionsAdmin):
    """Every refund; those that wait for approval are approved, or called off, here."""

    object_actions = ("approve", "call_off")
    list_display = ("number", "order", "money", "status", "source", "reason", "by", "created", "settled")
    list_select_related = ("purchase", "by", "approved_by")
    list_filter = ("status", "source")
    fields = (
        *("order", "n", "money", "status", "source", "reason", "by", "approved_by", "reference", "note"),
        *("created", "tries", "next_try", "settled"),
    )
    next_try = to_the_second("retry_at")

    @admin.display(description="refund", ordering="n")
    def number(self, thing: Refund) -> str:
        """Its number within the order."""
        return f"No. {thing.n}"

    def approve_action(self, request: HttpRequest, thing: Refund) -> ObjectAction:
        """The second pair of eyes."""
        return ObjectAction(
            label="Approve",
            permission=MAY_REFUND,
            possible=thing.status == Refund.Status.WAITING and thing.by_id != request.user.pk,
            question=f"Give {thing.money} back for {thing.purchase.number}?",
            facts=(f"Asked for by {thing.by}: {thing.reason}", "It is sent to the bank within seconds."),
            do=lambda: refund.approve(thing.pk, by=staff_of(request)),
            done="The refund is approved.",
        )

    def call_off_action(self, request: HttpRequest, thing: Refund) -> ObjectAction:
        """The money stays."""
        return ObjectAction(
            label="Call off",
            permission=MAY_REFUND,
            possible=thing.status == Refund.Status.WAITING,
            question=f"Call off the refund of {thing.money} for {thing.purchase.number}?",
            facts=(f"Asked for by {thing.by}: {thing.reason}", "Nothing is given back."),
            do=lambda: refund.call_off(thing.pk, by=staff_of(request)),
            done="The refund is called off.",
        )


@admin.register(Chargeback)
class ChargebackAdmin(MoneyBackAdmin):
    """What shoppers' banks have taken back, as the provider reports it."""

    list_display = ("reference", "order", "money", "status", "created", "settled")
    list_filter = ("status",)
    fields = ("order", "money", "status", "reference", "created", "settled")
