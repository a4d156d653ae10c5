"""What staff do with many orders of the list at once. Each asks once more, shows the orders, and moves all of them or none."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from dropshop.core.admin.actions import error_sentence, staff_of
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.ids import parse_id
from dropshop.core.members import Member
from dropshop.core.text import counted
from reservations.orders import shipping
from reservations.orders.parcels import read_parcel
from reservations.purchases.carriers import CARRIERS
from reservations.purchases.models import Purchase

MAX_AT_ONCE = 200  # orders; more of them by CSV


class OrdersForm(forms.Form):
    """What is asked beside the orders; nothing, unless a subclass asks."""

    def __init__(self, *args: Any, orders: Sequence[Purchase], **options: Any) -> None:
        super().__init__(*args, **options)
        self.orders = orders

    def lines(self) -> list[tuple[Purchase, Any]]:
        """Each order with the field that is asked of it alone, or None."""
        return [(order, None) for order in self.orders]


class ReturnedForm(forms.Form):
    """What is said of pairs that came back."""

    note = forms.CharField(max_length=300, required=False, label="Why", help_text="For the history of the order.")
    restock = forms.BooleanField(required=False, label="Put what came back up for sale again")


class ReturnForm(ReturnedForm, OrdersForm):
    """The same of all of these orders."""


class ShipForm(OrdersForm):
    """One carrier for all, and a tracking number for each."""

    carrier = forms.CharField(max_length=40, help_text=f"{', '.join(carrier.name for carrier in CARRIERS)}, or another.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for order in self.orders:
            widget = forms.TextInput(attrs={"aria-label": f"Tracking number of {order.number}", "autocomplete": "off"})
            self.fields[order.pk.hex] = forms.CharField(max_length=120, widget=widget, initial=order.tracking)

    def clean(self) -> dict[str, Any]:
        """With `parcels`, by the ids of their orders."""
        given, parcels = self.cleaned_data, {}
        for order in self.orders:
            if "carrier" not in given or order.pk.hex not in given:
                continue
            try:
                parcels[order.pk] = read_parcel(given["carrier"], given[order.pk.hex])
            except Invalid as refusal:
                for name, words in refusal.facts["errors"].items():
                    self.add_error("carrier" if name == "carrier" else order.pk.hex, " ".join(words))
        return {**given, "parcels": parcels}

    def lines(self) -> list[tuple[Purchase, Any]]:
        """Each order with the field for its tracking number."""
        return [(order, self[order.pk.hex]) for order in self.orders]


class BulkAction(NamedTuple):
    """`do` gets the ids of the orders, who of staff asks, and what the form gave."""

    label: str
    fact: str
    done: str
    do: Callable[[list[UUID], Member, dict[str, Any]], object]
    form: type[OrdersForm] = OrdersForm


ACTIONS = {
    "pack": BulkAction(
        "Pack", "Their addresses stand from now on.", "Packed.", lambda ids, by, given: shipping.pack(ids, by=by)
    ),
    "unpack": BulkAction(
        "Unpack", "Shoppers can change the addresses again.", "Unpacked.", lambda ids, by, given: shipping.unpack(ids, by=by)
    ),
    "ship": BulkAction(
        "Ship",
        "Each shopper is told by e-mail. An order that is shipped already gets the new number in place of its own.",
        "Shipped.",
        lambda ids, by, given: shipping.ship(given["parcels"], by=by),
        ShipForm,
    ),
    "deliver": BulkAction(
        "Mark as delivered", "Their shoppers have them.", "Delivered.", lambda ids, by, given: shipping.deliver(ids, by=by)
    ),
    "take_back": BulkAction(
        "Mark as returned",
        "The pairs are back with us. No money moves.",
        "Returned.",
        lambda ids, by, given: shipping.receive_return(ids, by=by, note=given["note"], restock=given["restock"]),
        ReturnForm,
    ),
}


def _admin_action(name: str) -> Callable[[Any, HttpRequest, QuerySet[Purchase]], HttpResponse | None]:
    @admin.action(description=ACTIONS[name].label, permissions=["ship"])
    def act(model_admin: Any, request: HttpRequest, orders: QuerySet[Purchase]) -> HttpResponse | None:
        return ask_then_do(model_admin, request, orders, name)

    act.__name__ = name
    return act


BULK_ACTIONS = [_admin_action(name) for name in ACTIONS]


def ask_then_do(model_admin: Any, request: HttpRequest, chosen: QuerySet[Purchase], name: str) -> HttpResponse | None:
    """The page that shows the chosen orders and asks; posted from there, it is done to exactly the orders that it showed."""
    confirmed, action = "confirmed" in request.POST, ACTIONS[name]
    if confirmed:
        ids = {parse_id(text) for text in request.POST.getlist(ACTION_CHECKBOX_NAME)}
        chosen = model_admin.get_queryset(request).filter(pk__in=ids - {None})
    orders = list(chosen.select_related("drop", "size", "member").order_by("created_at", "pk")[: MAX_AT_ONCE + 1])
    if len(orders) > MAX_AT_ONCE:
        model_admin.message_user(request, f"At most {counted(MAX_AT_ONCE, 'order')} at once.", messages.ERROR)
        return None
    form = action.form(request.POST if confirmed else None, orders=orders)
    refused: dict[str, str] = {}
    error = ""
    if confirmed and form.is_valid():
        try:
            action.do([order.pk for order in orders], staff_of(request), form.cleaned_data)
        except DropshopError as refusal:
            refused = refusal.facts.get("orders", {})
            error = f"Nothing was changed: {counted(len(refused), 'order')} cannot." if refused else error_sentence(refusal)
        else:
            return _done(model_admin, request, orders, action)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"{action.label}: {counted(len(orders), 'order')}",
        "action": action,
        "name": name,
        "form": form,
        "orders": [(order, field, refused.get(order.number, "")) for order, field in form.lines()],
        "error": error,
    }
    return TemplateResponse(
        request, "admin/reservations/bulk.html", context, status=409 if error else 400 if form.errors else 200
    )


def _done(model_admin: Any, request: HttpRequest, orders: Sequence[Purchase], action: BulkAction) -> HttpResponse:
    for order in orders:
        model_admin.log_change(request, order, action.done)
    model_admin.message_user(request, f"{counted(len(orders), 'order')}: {action.done}", messages.SUCCESS)
    return redirect(request.get_full_path())
