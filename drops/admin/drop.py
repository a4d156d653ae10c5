"""Scheduling a drop: the list, the form, and the pages that show its stock and its history."""

from collections.abc import Sequence
from typing import Any

import pghistory
from django.contrib import admin
from django.db import connection, models
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from drops import schedule
from drops.labels import size_in_sentence
from drops.models import Drop, Phase
from drops.stock import counters, size_run
from drops.stock.models import Size
from dropshop.core.admin.history import Change, HistoryAdmin
from dropshop.core.forms import LongSelect
from dropshop.core.ids import parse_id

from . import history
from . import stock as stock_pages
from .drop_actions import DropActions, local
from .forms import DropForm, SizeForm, SizeFormSet
from .price import ask_why

PHASES = {
    Phase.DRAFT: "Draft",
    Phase.UPCOMING: "Upcoming",
    Phase.LIVE: "Live",
    Phase.SOLD_OUT: "Sold out",
    Phase.ENDED: "Ended",
}
RULES = ("limit_per_member", "limit_per_address", "hold_seconds", "max_extensions", "lapses_allowed", "cooldown_seconds")


class PhaseFilter(admin.SimpleListFilter):
    """Phase is derived, so it is asked of the database's clock."""

    title, parameter_name = "phase", "phase"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(phase.value, words) for phase, words in PHASES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drop]) -> QuerySet[Drop]:
        return queryset.filter(Q(phase_now=self.value())) if self.value() in PHASES else queryset


class SizeInline(admin.TabularInline):
    """The size run. New lines may be added to a draft; the pairs of a line are changed under “Stock” (S5)."""

    model, form, formset = Size, SizeForm, SizeFormSet
    fields = ("label", "total", "available", "reserved", "sold", "adjust")
    readonly_fields = ("available", "reserved", "sold", "adjust")
    extra = 0
    verbose_name_plural = "size run"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Size]:
        return super().get_queryset(request).select_related("drop")

    def has_add_permission(self, request: HttpRequest, obj: Drop | None = None) -> bool:
        return super().has_add_permission(request, obj) and (obj is None or not obj.published)

    def has_change_permission(self, request: HttpRequest, obj: Drop | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Drop | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.published

    @admin.display(description="stock")
    def adjust(self, size: Size) -> str:
        """The way to the page that may change the total."""
        if not size.pk:
            return "—"
        address = stock_pages.address_of_size(size)
        return format_html('<a href="{}" aria-label="Adjust the stock of {}">Adjust</a>', address, size_in_sentence(size.label))


@admin.register(Drop)
class DropAdmin(HistoryAdmin, DropActions):
    """Drops by when they open. The form writes only what it changed, and never a counter."""

    form = DropForm
    inlines = (SizeInline,)
    list_display = ("title", "phase", "mode", "opens", "price_shown", "meter", "access")
    list_filter = (PhaseFilter, "mode", "access")
    list_select_related = ("sneaker",)
    search_fields = ("title", "slug", "sneaker__name", "sneaker__brand", "sneaker__style_code")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    prepopulated_fields = {"slug": ("title",)}
    formfield_overrides = {models.ForeignKey: {"widget": LongSelect}}
    save_on_top = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drop]:
        sums = {name: Sum(f"sizes__{name}", default=0) for name in ("total", "available", "reserved", "sold")}
        return super().get_queryset(request).with_phase().annotate(**sums)  # type: ignore[attr-defined]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Drop | None:
        """The drop; when it is about to be saved, locked first and then read, so that no change slips in between."""
        if request.method == "POST" and connection.in_atomic_block and parse_id(object_id):
            Drop.objects.select_for_update(no_key=True).filter(pk=object_id).first()
        return super().get_object(request, object_id, from_field)

    # -- The form ------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Drop | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; or, where only a reason for a new price is missing, the question whether and why."""
        form, formsets = context["adminform"].form, context["inline_admin_formsets"]
        if form.is_bound and form.asks_why and all(inline.formset.is_valid() for inline in formsets):
            return ask_why(self, request, form.instance, form.new_price)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Drop | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            shown = ("sneaker", "title", "slug", "price_shown", "mode", "access", "min_karma", "weight")
            return [(None, {"fields": (*shown, "opens", "closes", "time_zone", *RULES)})]
        run = [] if obj is not None and obj.published else [("Quick size run", {"fields": ("size_run",)})]
        what = ("sneaker", "title", "slug", ("price", "currency"), "mode", "access", "min_karma", "weight", "seen")
        return [
            ("What", {"fields": what}),
            ("When", {"fields": ("time_zone", "starts_at", "ends_at")}),
            ("Rules of the hold", {"fields": RULES, "classes": ("collapse",)}),
            *run,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Drop | None = None) -> tuple[str, ...]:
        """The address and the sneaker of a published drop stay what the world has seen."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ("price_shown", "opens", "closes")
        return ("sneaker", "slug") if obj is not None and obj.published else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Drop | None = None) -> dict[str, Sequence[str]]:
        return {} if obj is not None else dict(self.prepopulated_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Drop | None = None) -> bool:
        """Only drafts; what was public stays on record."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.published)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A draft goes with its size run, which the database would protect; what was adjusted by hand stays on record."""
        drops = list(objs)
        sizes = list(Size.objects.filter(drop__in=drops))
        gone, counts, missing, protected = super().get_deleted_objects(sizes, request)
        return [*map(str, drops), *gone], {"drops": len(drops), **counts}, missing, protected

    def delete_model(self, request: HttpRequest, obj: Drop) -> None:
        """The size run first."""
        obj.sizes.all().delete()
        obj.delete()

    def save_model(self, request: HttpRequest, obj: Drop, form: DropForm, change: bool) -> None:
        """Inserts, or writes the changed fields alone (acceptance 22)."""
        if not change:
            obj.save(force_insert=True)
        elif form.moved:
            with pghistory.context(reason=form.new_price.reason if form.new_price else ""):
                obj.save(update_fields=form.moved)

    def save_related(self, request: HttpRequest, form: DropForm, formsets: Any, change: bool) -> None:
        """The new sizes, made by the module that may (S2); and the screens learn a changed schedule."""
        drop = form.instance
        for formset in formsets:
            for size in formset.save(commit=False):
                counters.add_size(drop.pk, size.label, size.total)
            for gone in formset.deleted_objects:
                gone.delete()
        for label, total in form.run:
            counters.add_size(drop.pk, label, total)
        if form.run or any(formset.new_objects or formset.deleted_objects for formset in formsets):
            size_run.sort_sizes(drop.pk)
        if change and form.moved:
            schedule.announce(drop)

    # -- The list ------------------------------------------------------------------------------------

    @admin.display(description="phase", ordering="phase_now")
    def phase(self, drop: Any) -> str:
        """Where the drop stands, with the dot of the house before what is live."""
        return format_html('<span class="phase" data-phase="{}">{}</span>', drop.phase_now, PHASES[drop.phase_now])

    @admin.display(description="opens", ordering="starts_at")
    def opens(self, drop: Drop) -> str:
        """Local time first, with its zone."""
        return local(drop, drop.starts_at)

    @admin.display(description="closes", ordering="ends_at")
    def closes(self, drop: Drop) -> str:
        """Local time first, with its zone."""
        return local(drop, drop.ends_at)

    @admin.display(description="price", ordering="price")
    def price_shown(self, drop: Drop) -> str:
        """In words people use."""
        return str(drop.money)

    @admin.display(description="stock")
    def meter(self, drop: Any) -> SafeString:
        """The house's stock meter with its words, and the way to the stock page."""
        return stock_pages.meter(drop, address=stock_pages.address_of_drop(drop))

    # -- The pages of its own ------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """Django's, the operations', and the stock pages."""
        view = self.admin_site.admin_view
        pages = [
            path("<path:object_id>/stock/", view(self.stock_page), name="drops_drop_stock"),
            path("<path:object_id>/stock/<int:size_id>/", view(self.size_page), name="drops_drop_stock_size"),
        ]
        return [*pages, *super().get_urls()]

    def stock_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How every size stands, and who changed what by hand."""
        return stock_pages.of_drop(self, request, self.object_or_404(request, object_id))

    def size_page(self, request: HttpRequest, object_id: str, size_id: int) -> HttpResponse:
        """One size's total, changed with a reason."""
        return stock_pages.of_size(self, request, self.object_or_404(request, object_id), size_id)

    def recorded_changes(self, request: HttpRequest, obj: Drop) -> list[Change]:
        """What was decided about the drop, and each total that was changed by hand."""
        return history.of_drop(obj, stock=request.user.has_perm("drops.view_stockadjustment"))
