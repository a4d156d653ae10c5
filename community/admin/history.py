"""What staff changed of a thing that is tracked (`pghistory.track`): when, who, and what it was before."""

from typing import Any

import pghistory
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SHOWN = 50
AMONG_ITSELF = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context"}


class Remembered:
    """For a ModelAdmin of a tracked model: who saves is written down with the change; `history` shows the last changes.

    Name `history` among the `readonly_fields`.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django's, and the database notes who it was."""
        with pghistory.context(by=request.user.get_username()):
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]

    def history(self, obj: models.Model) -> SafeString | str:
        """The newest change first."""
        if obj._state.adding:
            return "—"
        events = list(obj.events.select_related("pgh_context").order_by("-pgh_id")[: SHOWN + 1])  # type: ignore[attr-defined]
        pairs = zip(events, [*events[1:], None], strict=True)
        lines = (_line(event, before) for event, before in pairs)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} UTC · {} · {}</li>", list(lines)[:SHOWN]))


def _line(event: Any, before: Any) -> tuple[str, str, str]:
    who = (event.pgh_context.metadata.get("by") if event.pgh_context else None) or "the shop itself"
    return f"{event.pgh_created_at:%Y-%m-%d %H:%M:%S}", who, _changes(event, before)


def _changes(event: Any, before: Any) -> str:
    if before is None:
        return "made"
    names = [field.name for field in event._meta.fields if field.name not in AMONG_ITSELF]
    changed = [name for name in names if getattr(event, name) != getattr(before, name)]
    return "; ".join(f"{name}: {_said(getattr(before, name))} → {_said(getattr(event, name))}" for name in changed) or "saved"


def _said(value: Any) -> str:
    return "—" if value in (None, "") else str(value)
