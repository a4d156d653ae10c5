"""Orders as staff find them, pack them and send them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from reservations.orders import finding, shipping
from reservations.orders.bulk import ACTIONS, BULK_ACTIONS, ReturnedForm
from reservations.orders.csv_admin import CsvAdmin
from reservations.orders.parcels import read_parcel
from reservations.purchases.admin import MAY_SEE_ADDRESSES, PurchaseAdmin
from reservations.purchases.carriers import tracking_url
from reservations.purchases.models import Purchase

MAY_SHIP = "reservations.ship"
Status = Purchase.Status
admin.site.unregister(Purchase)


class ParcelForm(forms.Form):
    """Who carries it, and under which number."""

    carrier = forms.CharField(max_length=40)
    tracking = forms.CharField(max_length=120, label="Tracking number")


@admin.register(Purchase)
class OrderAdmin(PurchaseAdmin, CsvAdmin, ObjectActionsAdmin):
    """What was sold and where it is. Found by what people say: number, name, e-mail, tracking number."""

    actions = BULK_ACTIONS
    object_actions: tuple[str, ...] = ("pack", "unpack", "ship", "deliver", "take_back")
    list_display = ("number", "drop", "label", "member", "status", "parcel", "money", "created")
    search_help_text = "Order number, recipient, member, tracking number, or drop"
    fields = (*PurchaseAdmin.fields, "parcel", "steps")

    def get_search_results(self, request: HttpRequest, orders: QuerySet[Any], words: str) -> tuple[QuerySet[Any], bool]:
        """Django's, and by what is exact; by the recipient's name only for those who may see addresses."""
        found, twice = super().get_search_results(request, orders, words)
        if not words.strip() or "\0" in words:
            return found, twice
        said = finding.said(words, by_name=request.user.has_perm(MAY_SEE_ADDRESSES))
        return found | orders.filter(said), twice

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Who packs and ships; asked by the actions of the list."""
        return request.user.has_perm(MAY_SHIP)

    @admin.display(description="parcel", ordering="tracking")
    def parcel(self, order: Purchase) -> str | SafeString:
        """Carrier and number, with the way to the carrier's page where we know it."""
        url = tracking_url(order.carrier, order.tracking)
        said = f"{order.carrier} {order.tracking}".strip() or "—"
        return format_html('<a href="{}" rel="noreferrer external">{}</a>', url, said) if url else said

    @admin.display(description="history")
    def steps(self, order: Purchase) -> str | SafeString:
        """Its moves, a line each."""
        moves = order.moves.select_related("by")
        lines = ((f"{made.created_at:%Y-%m-%d %H:%M:%S} UTC", made.by or "the shop itself", made, made.note) for made in moves)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {} {}</li>", lines)) if moves else "—"

    def pack_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Packs it."""
        return self._operation(request, order, "pack", order.status == Status.PAID)

    def unpack_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Takes it out again."""
        return self._operation(request, order, "unpack", order.status == Status.PACKED)

    def deliver_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Notes that its shopper has it."""
        return self._operation(request, order, "deliver", Status.DELIVERED in Purchase.MOVES[Status(order.status)])

    def take_back_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Notes that it came back."""
        possible = Status.RETURNED in Purchase.MOVES[Status(order.status)]
        return self._operation(request, order, "take_back", possible, ReturnedForm)

    def ship_action(self, request: HttpRequest, order: Purchase) -> ObjectAction:
        """Hands it to a carrier, or corrects the number that was noted."""
        again = order.status == Status.SHIPPED
        return ObjectAction(
            label="Correct the parcel" if again else "Ship",
            permission=MAY_SHIP,
            possible=order.status in (Status.PACKED, Status.SHIPPED),
            question=f"Ship {order.number}?" if not again else f"Another parcel for {order.number}?",
            facts=("The shopper is told by e-mail.",),
            form=ParcelForm,
            do=lambda carrier, tracking: shipping.ship({order.pk: read_parcel(carrier, tracking)}, by=staff_of(request)),
            done=ACTIONS["ship"].done,
        )

    def _operation(
        self, request: HttpRequest, order: Purchase, name: str, possible: bool, form: type[forms.Form] | None = None
    ) -> ObjectAction:
        action = ACTIONS[name]
        return ObjectAction(
            label=action.label,
            permission=MAY_SHIP,
            possible=possible,
            question=f"{action.label}: {order.number}?",
            facts=(action.fact,),
            form=form,
            do=lambda **given: action.do([order.pk], staff_of(request), given),
            done=action.done,
        )
