"""Time zones as a form asks for them: typed, with what there is suggested, since nobody finds one among six hundred."""

import functools
from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError


@functools.cache
def names() -> Sequence[str]:
    """Those that name a place or an offset, in alphabetical order. Read once: they are six hundred files."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


class Suggested(forms.TextInput):
    """A line to type in; the browser suggests the choices that hold what is typed. Works without a script."""

    template_name = "widgets/suggested.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.choices: Any = ()  # the field sets them

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with the list of choices and its id."""
        context = super().get_context(name, value, attrs)
        suggestions = f"{context['widget']['attrs'].get('id') or name}_list"
        context["widget"]["attrs"]["list"] = suggestions
        context["widget"] |= {"suggestions": suggestions, "choices": [value for value, _ in self.choices if value]}
        return context


class TimeZoneField(forms.ChoiceField):
    """The name of a time zone, such as Europe/Berlin; capitals and blanks are as one likes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=lambda: [(name, name) for name in names()], widget=Suggested, **options)

    def to_python(self, value: Any) -> str:
        """The name as it is spelled, where there is such a zone; else what was typed."""
        typed = "_".join(str(value or "").split())
        return next((name for name in names() if name.casefold() == typed.casefold()), str(value or ""))


def is_time_zone(name: str) -> None:
    """Validates an IANA zone such as "Europe/Berlin"."""
    if name not in names():
        raise ValidationError(f"“{name}” is not a time zone; use a name such as Europe/Berlin.")
