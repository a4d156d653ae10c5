"""Purchase requests as support reads them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from drops.models import Size
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.records import RecordsAdmin, to_the_second
from reservations.requests.ending import REASON_MAX_LENGTH, end
from reservations.requests.models import OPEN, PurchaseRequest, Status


class EndForm(forms.Form):
    """Why; the member reads it."""

    reason = forms.CharField(max_length=REASON_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))


@admin.register(PurchaseRequest)
class PurchaseRequestAdmin(RecordsAdmin, ObjectActionsAdmin):
    """Who asks for what, where it stands, and how it came there. Addresses stay closed."""

    object_actions = ("end",)
    list_display = ("member", "drop", "status", "reason", "created", "moved")
    list_filter = ("status", "reason")
    list_select_related = ("member", "drop")
    search_fields = ("=id", "member__username", "member__email", "drop__title", "drop__slug")
    search_help_text = "Member, drop, or the id of a request"
    fields = (
        *("member", "drop", "wanted", "price", "status", "reason", "note", "place", "reservation"),
        *("created", "moved", "told", "history"),
    )
    moved, told = to_the_second("moved_at"), to_the_second("told_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseRequest]:
        return super().get_queryset(request).defer("address")

    def end_action(self, request: HttpRequest, wanted: PurchaseRequest) -> ObjectAction:
        """Ends a request that is still open."""
        return ObjectAction(
            label="End with a reason",
            permission="reservations.fail_purchaserequest",
            possible=wanted.status in OPEN,
            question=f"End the request of {wanted.member} for {wanted.drop}?",
            facts=("It gets no pair; one that is held for it goes back.", "The member is told the reason, word for word."),
            form=EndForm,
            do=lambda reason: end(wanted.pk, by=staff_of(request), reason=reason),
            done="The request is ended.",
        )

    @admin.display(description="sizes")
    def wanted(self, request: PurchaseRequest) -> str:
        """In order of preference."""
        labels = dict(Size.objects.filter(drop=request.drop_id).values_list("pk", "label"))
        return ", then ".join(labels[size] for size in request.sizes if size in labels)

    @admin.display(description="at most")
    def price(self, request: PurchaseRequest) -> str:
        """For the pair."""
        return str(request.price_limit)

    @admin.display(description="moves")
    def history(self, request: PurchaseRequest) -> str:
        """Each move with its moment, and by whom."""
        moves: Any = request.moves.select_related("by")
        return "; ".join(
            f"{move.created_at:%Y-%m-%d %H:%M:%S} {Status(move.to).label}{f' by {move.by}' if move.by else ''}"
            for move in moves
        )
