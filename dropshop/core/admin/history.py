"""Admins of what the database itself keeps every change of (django-pghistory): who changed what, and when."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

import pghistory
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import PermissionFirstAdmin

CHANGES_SHOWN, CHANGES_SHOWN_ON_ROW = 200, 50  # changes on the page of a history, and on the row's own
NOBODY = "the shop itself"
DONE = {"insert": "made", "update": "changed", "delete": "deleted"}


@dataclass(frozen=True)
class Change:
    """One line of a history. `by`: the member's name; "" where it was no form of the admin."""

    at: datetime
    by: str
    done: str
    fields: list[tuple[str, str, str]]  # name, before, after
    reason: str = ""

    @property
    def words(self) -> str:
        """ "points: 10 → 12; active: True → False"; of a row that came or went, only that."""
        if self.done != DONE["update"]:
            return self.done
        return "; ".join(f"{name}: {before or '—'} → {after or '—'}" for name, before, after in self.fields)


class HistoryAdmin(PermissionFirstAdmin):
    """Whoever saves here is named in the row's history, which stands on its history page; and on its own page where
    `history` is among the `readonly_fields`.

    Nothing runs where nobody saves: pghistory's own middleware would cost every request of the shop.
    """

    object_history_template = "admin/history.html"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's; what it writes is signed."""
        with attributed_to(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's; what it writes is signed."""
        with attributed_to(request):
            return super().delete_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's; what its actions and its editable columns write is signed."""
        with attributed_to(request):
            return super().changelist_view(request, *args, **kwargs)

    def history(self, obj: models.Model) -> SafeString | str:
        """The newest changes, a line each."""
        if obj._state.adding:
            return "—"
        lines = (
            (f"{change.at:%Y-%m-%d %H:%M:%S} UTC", change.by or NOBODY, change.words) for change in changes(self.model, obj.pk)
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}</li>", islice(lines, CHANGES_SHOWN_ON_ROW)))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every change of this row, the newest first."""
        obj = self.get_object(request, object_id) if self.has_view_or_change_permission(request) else None
        found = self.recorded_changes(request, obj) if obj is not None else []
        return super().history_view(request, object_id, {**(extra_context or {}), "changes": found})

    def recorded_changes(self, request: HttpRequest, obj: Any) -> list[Change]:
        """What the page of the history shows; a subclass may know more."""
        return changes(self.model, obj.pk)


def said(event: Any, field: Any) -> str:
    """The value that this event kept of a field, in words; times to the second, with their zone."""
    value = getattr(event, field.attname, None)
    if field.many_to_one and value is not None:
        return _named(field, value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return "" if value is None else str(value)


def _named(field: Any, value: Any) -> str:
    """The row that a column points at, as staff know it; its key where it is gone."""
    to, key = field.related_model, field.target_field.attname
    found = to._base_manager.filter(**{key: value}).first()
    return str(found) if found is not None else str(value)


def changes(model: type[models.Model], pk: Any, *, say: Callable[[Any, Any], str] = said) -> list[Change]:
    """The row's history as the database kept it, the newest first: at most 200. `say` puts a value into words."""
    tracked: Any = model
    newest = tracked.pgh_event_model.objects.filter(pgh_obj=pk).select_related("pgh_context").order_by("-pgh_id")
    events = list(newest[: CHANGES_SHOWN + 1])
    names = _names(events)
    told = [_change_row(event, before, names, say) for event, before in pairwise([*events, None]) if event is not None]
    return told[:CHANGES_SHOWN]


def _change_row(event: Any, before: Any, names: dict[str, str], say: Callable[[Any, Any], str]) -> Change:
    fields = list(_differences(event, before, say))
    return Change(
        event.pgh_created_at, names.get(_noted(event, "user"), ""), DONE[event.pgh_label], fields, _noted(event, "reason")
    )


def _differences(event: Any, before: Any, say: Callable[[Any, Any], str]) -> Iterator[tuple[str, str, str]]:
    for field in event._meta.concrete_fields:
        if field.name.startswith("pgh_"):
            continue
        if before is None:
            if field.name != "id" and (now := say(event, field)):
                yield str(field.verbose_name), "", now
        elif getattr(event, field.attname) != getattr(before, field.attname):
            yield str(field.verbose_name), say(before, field), say(event, field)


def _noted(event: Any, what: str) -> str:
    return str(event.pgh_context.metadata.get(what, "")) if event.pgh_context else ""


def _names(events: list[Any]) -> dict[str, str]:
    ids = {who for event in events if (who := _noted(event, "user"))}
    return {str(member.pk): member.get_username() for member in get_user_model()._default_manager.filter(pk__in=ids)}


def attributed_to(request: HttpRequest) -> Any:
    """A context: whatever tracked rows are written in it, their history names who sent this request."""
    return pghistory.context(user=str(request.user.pk)) if request.method == "POST" else nullcontext()
