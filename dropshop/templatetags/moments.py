"""A moment in a page: as browsers read it (`<time datetime>`) and as people do. Every template uses these two filters."""

from datetime import UTC, datetime

from django import template
from django.utils.dateformat import format as written

from dropshop.core.clock import estimated_database_time

register = template.Library()

# static/js/local-time.js writes the same forms by the reader's own clock.
FORMS = {"time": "H:i", "clock": "H:i:s", "day": "D j M", "date": "l j F, H:i", "near": "D j M, H:i"}


@register.filter
def machine_time(moment: datetime | str | None) -> str:
    """For `datetime`: ISO 8601 in UTC with milliseconds, as HTML allows no more digits; "" for none."""
    if not moment:
        return ""
    return _utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.filter
def human_time(moment: datetime | str | None, form: str) -> str:
    """In UTC, in one of the FORMS; a day of another year names the year. "" for none."""
    if not moment:
        return ""
    told = _utc(moment)
    pattern = FORMS[form]
    if told.year != (estimated_database_time() or datetime.now(UTC)).year:
        pattern = pattern.replace("M", "M Y").replace("F", "F Y")
    return written(told, pattern)


def _utc(moment: datetime | str) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)
