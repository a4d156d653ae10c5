"""A size is a value (S6): wherever people or files bring one, it is read here, and one size has one spelling.

A size belongs to a system ("US men's", "EU", …). In the sizes of a sneaker its own system goes without saying: "9.5", "42 2/3",
"27.5". A size of another system names it: "EU 42", "UK 8.5", "10W", "6Y". What cannot be known is refused, never guessed.

    read_size("US 9,5", SizeSystem.US_MEN)   # "9.5"
    read_size("42.7", SizeSystem.EU)         # "42 2/3"
    read_size("10.Mai", SizeSystem.US_MEN)   # raises InvalidSize
"""

import re
from fractions import Fraction
from typing import NamedTuple

from django.db import models

from dropshop.core.spelling import spelled_plainly

ONE_SIZE = "One size"
LABEL_MAX_LENGTH = 20  # letters of a label


class SizeSystem(models.TextChoices):
    """What the sizes of a sneaker are measured in."""

    US_MEN = "US men's", "US men's"
    US_WOMEN = "US women's", "US women's"
    US_YOUTH = "US youth", "US youth"
    UK = "UK", "UK"
    EU = "EU", "EU"
    CM = "cm", "cm"
    ONE_SIZE = "One size", "One size"


class InvalidSize(ValueError):
    """The text is no size that can be known; says what is wrong with it."""


class _Series(NamedTuple):
    """The numbers of one series of sizes: from `first` to `last`, whole or in parts; `mark` is its label in other systems."""

    first: int
    last: int
    parts: tuple[int, ...]
    mark: str


_HALVES, _HALVES_AND_THIRDS, _QUARTERS = (2,), (2, 3), (4,)
CHILD = "US child"  # the small half of US youth: 0C to 13.5C, then 1Y
SERIES = {
    SizeSystem.US_MEN.value: _Series(0, 25, _HALVES, "US M {}"),
    SizeSystem.US_WOMEN.value: _Series(0, 25, _HALVES, "{}W"),
    SizeSystem.US_YOUTH.value: _Series(0, 8, _HALVES, "{}Y"),
    CHILD: _Series(0, 13, _HALVES, "{}C"),
    SizeSystem.UK.value: _Series(0, 20, _HALVES, "UK {}"),
    SizeSystem.EU.value: _Series(14, 60, _HALVES_AND_THIRDS, "EU {}"),
    SizeSystem.CM.value: _Series(5, 45, _QUARTERS, "{} cm"),
}
YOUNG = {SizeSystem.US_YOUTH.value, CHILD}
US = {SizeSystem.US_MEN.value, SizeSystem.US_WOMEN.value, SizeSystem.US_YOUTH.value}

# What people write beside the number: (where it is measured so, for whom).
US_SIZE = "US"
MARKS = {
    **dict.fromkeys(("size", "sz", "größe", "grösse", "gr"), ("", "")),
    **dict.fromkeys(("us", "usa"), (US_SIZE, "")),
    **dict.fromkeys(("m", "men", "mens", "men's", "man", "man's", "male"), ("", SizeSystem.US_MEN.value)),
    **dict.fromkeys(("w", "women", "womens", "women's", "woman", "wmn", "wmns", "ladies"), ("", SizeSystem.US_WOMEN.value)),
    **dict.fromkeys(("y", "youth", "gs", "kids", "kid's", "kid"), ("", SizeSystem.US_YOUTH.value)),
    **dict.fromkeys(("c", "k", "td", "child", "toddler"), ("", CHILD)),
    "usm": (US_SIZE, SizeSystem.US_MEN.value),
    "usw": (US_SIZE, SizeSystem.US_WOMEN.value),
    "uk": (SizeSystem.UK.value, ""),
    **dict.fromkeys(("eu", "eur"), (SizeSystem.EU.value, "")),
    **dict.fromkeys(("cm", "jp", "jpn", "japan"), (SizeSystem.CM.value, "")),
    "mm": ("mm", ""),
}

NO_SIZE_NAMES = {"one size", "onesize", "one-size", "one size fits all", "os", "o/s", "osfa"}
LETTERS = re.compile(r"(?:(x{0,5})(s|l)|([2-6])x(s|l)|(m))")
NUMBER = re.compile(r"(\d{1,3})(?:[.,](\d{1,3})|\s+(\d)/(\d))?")
WRITTEN = re.compile(rf"(?P<before>[^\d]*?)\s*(?P<number>{NUMBER.pattern})\s*(?P<after>[^\d]*)")
BETWEEN = re.compile(r"\s+/\s+|(?<!\d)\s*/\s*|\s*/\s*(?!\d)")
MONTHS = re.compile(
    r"(?<![^\W\d_])(?:jan|feb|mar|mär|mrz|apr|avr|abr|may|mai|mag|jun|juin|jul|juil|aug|août|ago|sep|set|oct|okt|ott|nov|dec|dez|déc|dic)"
)
NUMERIC_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")


class SizeValue(NamedTuple):
    """One size: a number in a series, or a word ("XL", "One size") without one."""

    series: str
    number: Fraction | None
    word: str = ""

    def label(self, system: str) -> str:
        """How it is written among the sizes of that system."""
        if self.number is None:
            return self.word
        if self.series == system and system != SizeSystem.US_YOUTH:  # "6" could be 6C
            return _in_words(self.number)
        return SERIES[self.series].mark.format(_in_words(self.number))


def read_size(text: str, system: str) -> str:
    """The size's label among the sizes of that system; the one spelling of all that mean it. Raises InvalidSize."""
    return size_value(text, system).label(system)


def own_size(text: str, system: str) -> str:
    """The same of a size that is in that system, of another American one, or of none ("One size"); else raises InvalidSize."""
    value = size_value(text, system)
    if value.number is not None and value.series != system and not (system in US and value.series in {*US, CHILD}):
        raise InvalidSize(f"“{_shown(text)}” is not a {system} size.")
    return value.label(system)


def size_value(text: str, system: str) -> SizeValue:
    """The size that the text means among those of that system. Raises InvalidSize."""
    spelled = spelled_plainly(text)
    if spelled in NO_SIZE_NAMES:
        return SizeValue("", None, ONE_SIZE)
    if letters := LETTERS.fullmatch(spelled):
        return SizeValue("", None, in_letters(letters))
    parts = [part.strip() for part in BETWEEN.split(spelled)]
    found = {_value_of(part, text, system) for part in parts}
    own = {value for value in found if value.series == system}
    chosen = own if len(found) > 1 else found
    if len(chosen) != 1:
        raise InvalidSize(f"“{_shown(text)}” names several sizes.")
    return chosen.pop()


def _value_of(part: str, text: str, system: str) -> SizeValue:
    if MONTHS.search(part) or NUMERIC_DATE.search(part):
        raise InvalidSize(f"“{_shown(text)}” is a date instead of a size: spreadsheets turn sizes like 9.5 into dates.")
    written = WRITTEN.fullmatch(part)
    if written is None:
        raise _unknown(text)
    series, scale = _series(f"{written['before']} {written['after']}", system, text)
    number = number_of(written["number"], series, text) / scale
    known = SERIES[series]
    if not known.first <= number < known.last + 1 or not any((number * parts).denominator == 1 for parts in known.parts):
        raise _unknown(text)
    return SizeValue(series, number)


def _series(marks: str, system: str, text: str) -> tuple[str, int]:
    """Which series the words beside the number name, and how many of the written units are one of its own."""
    words = [word for word in re.split(r"[\s:.#()]+|(?<=\w)-", marks) if word]
    if any(word not in MARKS for word in words):
        raise _unknown(text)
    places = {place for place, _ in map(MARKS.__getitem__, words) if place}
    people = {person for _, person in map(MARKS.__getitem__, words) if person}
    if len(people) > 1 or len(places) > 1:
        raise _unknown(text)
    place, person = "".join(places), "".join(people)
    if place == "mm":
        return SizeSystem.CM.value, 10
    if place in SERIES:
        return place, 1
    return _american(place, person, system, text), 1


def _american(place: str, person: str, system: str, text: str) -> str:
    """The series of a number that nothing places but "US", or for whom it is, or the sneaker's own system."""
    if person and (place or system in US or person in YOUNG or system not in SERIES):
        return person
    if place and system not in US:
        raise InvalidSize(f"“{_shown(text)}” does not say whether it is a men's, a women's or a youth size.")
    if system not in SERIES:  # it comes in one size, or nobody knows how it is measured
        raise InvalidSize(f"“{_shown(text)}” does not say in which system: write US M 9, EU 42 or 27 cm.")
    return system


def number_of(written: str, series: str, text: str) -> Fraction:
    """The number that stands in `text`, a rounded third made exact where the series has thirds. Raises InvalidSize."""
    whole, decimals, above, below = NUMBER.fullmatch(written).groups()  # type: ignore[union-attr]  # it has matched
    if above:
        if below == "0" or int(above) >= int(below):
            raise _unknown(text)
        return int(whole) + Fraction(int(above), int(below))
    if decimals is None:
        return Fraction(int(whole))
    part = Fraction(int(decimals), 10 ** len(decimals))
    if series == SizeSystem.EU:  # European sizes know halves and thirds only, so a rounded third can be nothing else
        part = next((third for third in (Fraction(1, 3), Fraction(2, 3)) if abs(part - third) < Fraction(7, 100)), part)
    return int(whole) + part


def in_letters(found: re.Match[str]) -> str:
    """XXL and 2XL are one size."""
    extra, end, times, timed, _ = found.groups()
    if times:
        return f"{times}X{timed.upper()}"
    if not end:
        return "M"
    return {0: "", 1: "X"}.get(len(extra), f"{len(extra)}X") + end.upper()


def _in_words(number: Fraction) -> str:
    whole, rest = divmod(number, 1)
    if rest == 0:
        return str(whole)
    if rest.denominator == 3:
        return f"{whole} {rest.numerator}/3"
    return f"{float(number):g}"


def _unknown(text: str) -> InvalidSize:
    return InvalidSize(f"“{_shown(text)}” is not the name of a size.")


def _shown(text: str) -> str:
    """What was typed, as a sentence can hold it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:40]).split())
