"""What is wrong with a field of a form that a template writes by hand: said beneath it, and tied to it for screen readers.

Forms of Django's do both by themselves (`_fields.html`).
"""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def tied(errors: Any, name: str, help_id: str = "") -> SafeString:
    """Attributes of the field itself: invalid and described by its fault, where it has one; and by its help, `help_id`."""
    described = [help_id] if help_id else []
    if not _of(errors, name):
        return format_html(' aria-describedby="{}"', help_id) if described else SafeString("")
    return format_html(' aria-invalid="true" aria-describedby="{}"', " ".join([*described, f"{name}_error"]))


@register.simple_tag
def fault(errors: Any, name: str) -> SafeString:
    """What is wrong with it, to stand beneath it; nothing where nothing is."""
    found = _of(errors, name)
    if not found:
        return SafeString("")
    lines = format_html_join("", "<li>{}</li>", ((text,) for text in found))
    return format_html('<ul class="wrong" id="{}_error" role="alert">{}</ul>', name, lines)


def _of(errors: Any, name: str) -> list[str]:
    return list(errors.get(name, ())) if isinstance(errors, Mapping) else []
