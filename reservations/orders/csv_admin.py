"""The pages of the admin by which orders leave as CSV, and parcels come in as CSV."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from dropshop.core import csv_files
from dropshop.core.admin.actions import PermissionFirstAdmin, error_sentence, staff_of
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.text import counted
from reservations.orders import csv_in, csv_out
from reservations.orders.models import ExportColumns


class ColumnsForm(forms.Form):
    """Which of the columns that somebody may have are exported."""

    def __init__(self, allowed: Mapping[str, csv_out.Column], *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        choices = [(name, column.header) for name, column in allowed.items()]
        self.fields["columns"] = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=choices)


class CsvAdmin(PermissionFirstAdmin):
    """An admin of orders with the two pages; who may import is said by `has_ship_permission`."""

    def get_urls(self) -> list[Any]:
        """Django's, and the two."""
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("export/", self.admin_site.admin_view(self.export_view), name=f"{info}_export"),
            path("import/", self.admin_site.admin_view(self.import_view), name=f"{info}_import"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's, with the ways to the two pages."""
        return super().changelist_view(request, {**(extra_context or {}), "may_import": self.has_ship_permission(request)})

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The orders that the list shows by the same address: the columns (GET), and the file (POST `columns`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        allowed, member = csv_out.columns_for(request.user.has_perm), staff_of(request)
        saved = ExportColumns.objects.filter(member=member).values_list("columns", flat=True).first()
        form = ColumnsForm(allowed, request.POST or None, initial={"columns": saved or csv_out.AT_FIRST})
        try:
            orders = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            raise Invalid("The list has no such filter.") from None
        if request.method != "POST" or not form.is_valid():
            context = {"form": form, "count": orders.count(), "title": "Export orders"}
            return self._page(request, "csv_out", context, status=400 if form.errors else 200)
        chosen = [name for name in allowed if name in form.cleaned_data["columns"]]
        ExportColumns.objects.update_or_create(member=member, defaults={"columns": chosen})
        _log_export(request, orders.count(), chosen, ContentType.objects.get_for_model(self.model))
        body = csv_out.lines(orders, [allowed[name] for name in chosen])
        return StreamingHttpResponse(body, content_type=csv_files.TYPE, headers=csv_files.headers(csv_out.FILE))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Choose a file (GET); what it will do, line by line (POST `sheet`); do that (POST `confirmed`)."""
        if not self.has_ship_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {"title": "Import parcels", "most": csv_in.MAX_ROWS}
        if request.method != "POST":
            return self._page(request, "csv_in", context)
        try:
            if "confirmed" in request.POST:
                return self._import(request)
            forecasts = csv_in.foresee(csv_in.read(csv_files.uploaded(request)))
        except DropshopError as refusal:
            context |= {"error": error_sentence(refusal), "faults": refusal.facts.get("faults", [])}
            return self._page(request, "csv_in", context, status=refusal.status)
        wrong = sum(bool(each.faults) for each in forecasts)
        confirmed = "" if wrong else csv_in.sign(forecasts, by=staff_of(request))
        context |= {"forecasts": forecasts, "wrong": wrong, "confirmed": confirmed}
        return self._page(request, "csv_in", context, status=400 if wrong else 200)

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Whether they may bring parcels in."""
        raise NotImplementedError

    def _import(self, request: HttpRequest) -> HttpResponse:
        changed = csv_in.carry_out(request.POST["confirmed"], by=staff_of(request))
        for order in changed:
            self.log_change(request, order, "Shipped, by a CSV file.")
        self.message_user(request, f"{counted(len(changed), 'order')} shipped.", messages.SUCCESS)
        return redirect(reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/reservations/{name}.html", shared | context, status=status)


def _log_export(request: HttpRequest, count: int, columns: list[str], kind: ContentType) -> None:
    LogEntry.objects.create(
        user=staff_of(request),
        content_type=kind,
        object_repr=counted(count, "order"),
        action_flag=CHANGE,
        change_message=f"Exported as CSV: {', '.join(columns)}.",
    )
