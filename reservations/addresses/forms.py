"""The form of an address: the country first, then the lines that an address there has, by the names that people there use."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from dropshop.core.countries import country_code, names
from dropshop.core.spelling import plain_letters
from reservations.addresses.countries import STATES_LISTED, CountryRules, rules_of
from reservations.addresses.lines import LINES
from reservations.addresses.models import SavedAddress

POSTCODES = {"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode"}
STATES = {"do_si": "Province or city"}
CITIES = {"post_town": "Post town"}
DEFAULT = "US"  # the country of a first address, until another is chosen
# What a browser fills in by itself.
FILLED_IN = {
    "name": "name",
    "street": "address-line1",
    "city": "address-level2",
    "state": "address-level1",
    "zip_code": "postal-code",
    "country": "country",
}


class FilledForm(forms.Form):
    """A form that is filled in with what was typed or stored.

    Whether that is right is decided by `saved.add` and `saved.change`, whose faults are shown under its fields.
    """

    def show_faults(self, errors: Mapping[str, list[str]]) -> None:
        """Those of its fields; each stands under its field."""
        self._errors = ErrorDict({name: self.error_class(words) for name, words in errors.items() if name in self.fields})


class CountryForm(FilledForm):
    """The country, which decides what else is asked for."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(initial={"country": country_code(str(given.get("country", ""))) or DEFAULT})
        chosen = forms.Select(attrs={"autocomplete": FILLED_IN["country"]})
        self.fields["country"] = forms.ChoiceField(choices=[*names().items()], widget=chosen)


class AddressForm(FilledForm):
    """The lines of an address in its country, and whether it is used first."""

    def __init__(self, given: Mapping[str, Any], *, can_be_first: bool) -> None:
        """`given`: the lines, as stored or as typed, and `is_default`."""
        self.rules = rules_of(country_code(str(given.get("country", ""))) or DEFAULT)
        super().__init__(initial={**given, "state": self._state(str(given.get("state", "")))})
        for line in self._lines(given):
            self.fields[line] = self._field(line)
        if can_be_first:
            self.fields["is_default"] = forms.BooleanField(label="Use this address first", required=False)

    def _lines(self, given: Mapping[str, Any]) -> list[str]:
        asked = ["name", *self.rules.asked]
        return [*asked, *(line for line in LINES if line not in (*asked, "country") and given.get(line))]

    def _state(self, text: str) -> str:
        return self.rules.states.get(plain_letters(text), text) if self.rules.code in STATES_LISTED else text

    def _field(self, line: str) -> forms.Field:
        required = line == "name" or line in self.rules.required
        attributes = {"autocomplete": FILLED_IN[line], "maxlength": LINES[line]}
        if line == "state" and self.rules.code in STATES_LISTED:
            choices = [("", "Choose"), *self.rules.state_names]
            return forms.ChoiceField(label=label_of("state", self.rules), choices=choices, required=required)
        label = label_of(line, self.rules) + ("" if required else " (if there is one)")
        return forms.CharField(label=label, required=required, widget=forms.TextInput(attrs=attributes))


def label_of(line: str, rules: CountryRules) -> str:
    """The line's name, as people in that country call it."""
    if line == "state":
        return STATES.get(rules.state_word, rules.state_word.capitalize())
    if line == "zip_code":
        return POSTCODES.get(rules.postcode_word, "Postcode")
    if line == "city":
        return CITIES.get(rules.city_word, rules.city_word.capitalize())
    return {"name": "Name", "street": "Street and number"}[line]


def given_lines(address: SavedAddress) -> dict[str, Any]:
    """What the form of a saved address is filled in with."""
    return {**address.lines, "is_default": address.is_default}
