"""Form fields of the drop's and the sneaker's forms: local times, prices in major units, pictures."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.files.base import ContentFile

from dropshop.core import pictures
from dropshop.core.errors import DropshopError
from dropshop.core.local_time import LocalTime
from dropshop.core.money import EXPONENTS, InvalidAmount, Money


class WallClockWidget(forms.MultiWidget):
    """Date, time, and, only where the clocks show that time twice, which of the two."""

    template_name = "admin/wall_clock.html"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            {
                "date": forms.DateInput(attrs={"type": "date", "aria-label": f"{name}, date"}, format="%Y-%m-%d"),
                "time": forms.TimeInput(attrs={"type": "time", "step": "1", "aria-label": f"{name}, time"}),
                "fold": forms.HiddenInput(),
            }
        )

    def decompress(self, value: LocalTime | None) -> list[Any]:
        """The three parts of what the clock shows; seconds only where there are some."""
        if value is None:
            return [None, None, None]
        time = value.local.strftime("%H:%M:%S" if value.local.second else "%H:%M")
        return [value.local.date(), time, "" if value.fold is None else str(value.fold)]

    def ask_which(self, offsets: tuple[str, str]) -> None:
        """Shows the choice between the first and the second time the clocks say so."""
        choices = [("", "Which of the two?"), ("0", f"The first, {offsets[0]}"), ("1", f"The second, {offsets[1]}")]
        self.widgets = [
            *self.widgets[:2],
            forms.Select(choices=choices, attrs={"aria-label": f"{self.name}, which of the two"}),
        ]


class LongSelect(forms.Select):
    """Hundreds of choices (sneakers) from one template; Django's own renders a template for each."""

    template_name = "admin/long_select.html"


class LocalTimeField(forms.MultiValueField):
    """A local time, without a zone yet: gives a `LocalTime`."""

    def __init__(self, *, label: str, **options: Any) -> None:
        parts = (
            forms.DateField(error_messages={"invalid": "Give the date as YYYY-MM-DD."}),
            forms.TimeField(error_messages={"invalid": "Give the time as HH:MM."}),
            forms.TypedChoiceField(
                choices=[("", ""), ("0", "first"), ("1", "second")], coerce=int, empty_value=None, required=False
            ),
        )
        super().__init__(parts, require_all_fields=False, label=label, widget=WallClockWidget(label), **options)

    def compress(self, values: list[Any]) -> LocalTime | None:
        """The three parts as one; raises ValidationError where date or time are missing."""
        if not values or not values[0] or values[1] is None:
            raise forms.ValidationError("Give a date and a time.")
        if not 2000 <= values[0].year <= 2100:
            raise forms.ValidationError("Give a year between 2000 and 2100.")
        return LocalTime(datetime.combine(values[0], values[1].replace(microsecond=0)), values[2])


class PriceField(forms.CharField):
    """Money typed in major units, "180.00"; the form's currency says how many decimals it may have."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "vTextField price", "autocomplete": "off"})
        super().__init__(max_length=20, widget=widget, **options)


def price_in_minor_units(form: forms.BaseForm, name: str) -> None:
    """Replaces the typed price in `cleaned_data` by whole minor units, or adds the field's error."""
    typed, currency = form.cleaned_data.get(name), form.cleaned_data.get("currency")
    if not typed or not currency:
        return
    try:
        price = Money.parse(typed, currency)
    except InvalidAmount:
        decimals = EXPONENTS.get(currency, 2)
        form.add_error(name, f"Write an amount in {currency} such as {Money(18000, currency).amount if decimals else 180}.")
        return
    if price.minor < 1:
        form.add_error(name, "The price must be above zero.")
        return
    form.cleaned_data[name] = price.minor


def currency_field() -> forms.ChoiceField:
    """The currencies the shop sells in."""
    return forms.ChoiceField(choices=[(code, code) for code in sorted(EXPONENTS)], initial="USD")


class PictureField(forms.FileField):
    """An uploaded photograph, drawn anew (`dropshop.core.pictures`); with `square`, its middle, so many pixels wide."""

    def __init__(self, *, square: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.square = square

    def to_python(self, data: Any) -> ContentFile | None:
        """The picture as it will be stored; raises ValidationError with the reason."""
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            return pictures.reencode(upload, square=self.square)
        except pictures.InvalidPicture as refusal:
            raise forms.ValidationError(str(refusal)) from None


class LabelledDeleteFormSet(forms.BaseInlineFormSet):
    """Lines whose check box to take them out says so to people who cannot see its column."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """Django's, with a name."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Delete line {(index or 0) + 1}"


def price_field(label: str, *, help_text: str) -> forms.CharField:
    """An amount in major units that may be left out; `price_in_minor_units` reads it."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=20, required=False, help_text=help_text, widget=widget)


def add_refusal(form: forms.Form, refusal: DropshopError) -> None:
    """Puts an operation's refusal where it belongs: at the fields it names, or above them all."""
    errors: dict[str, list[str]] = refusal.facts.get("errors") or {"": [refusal.detail]}
    for name, words in errors.items():
        form.add_error(name if name in form.fields else None, " ".join(words))
