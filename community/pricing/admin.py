"""The history of prices as staff read it."""

from django.contrib import admin
from django.http import HttpRequest

from community.pricing.models import PricePoint
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, ReadOnlyAdmin
from dropshop.core.money import Money


@admin.register(PricePoint)
class PricePointAdmin(ReadOnlyAdmin, ObjectActionsAdmin):
    """Prices as they were noted; staff decide about those that look odd."""

    object_actions = ("count", "ignore")
    list_display = ("sneaker", "size", "money", "origin", "store", "is_odd", "at")
    list_filter = ("is_odd", "origin")
    list_select_related = ("sneaker", "store")
    search_fields = ("sneaker__style_code", "sneaker__name")
    date_hierarchy = "at"
    show_full_result_count = False
    actions = None
    fields = ("sneaker", "size", "money", "origin", "store", "is_odd", "at")
    readonly_fields = fields

    @admin.display(description="price", ordering="price")
    def money(self, point: PricePoint) -> str:
        """With its currency."""
        return str(Money(point.price, point.currency))

    def count_action(self, request: HttpRequest, point: PricePoint) -> ObjectAction:
        """Counts the price again."""
        return self._action(point, False, "Count it", question="Is this price right?", done="It counts.")

    def ignore_action(self, request: HttpRequest, point: PricePoint) -> ObjectAction:
        """Leaves the price out of all values."""
        return self._action(point, True, "Leave it out", question="Is this price a mistake?", done="It no longer counts.")

    def _action(self, point: PricePoint, odd: bool, label: str, *, question: str, done: str) -> ObjectAction:
        def do() -> None:
            PricePoint.objects.filter(pk=point.pk).update(is_odd=odd)

        return ObjectAction(
            label=label,
            permission="community.change_pricepoint",
            possible=point.is_odd is not odd,
            question=question,
            facts=("It stays in the history.", "The value of every pair of this sneaker changes at once."),
            do=do,
            done=done,
        )
