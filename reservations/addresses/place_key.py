"""Which spellings mean one place: the key of an address, the same however it was written (acceptance 50).

A place is a country, a postcode, and in it the numbers of house and flat in this order, the letters of the street's name, and
its kind ("street"). The name of who lives there is no part of it. Neither is the city where a postcode says it.

We looked for a library: those that read addresses of all countries want libpostal, which is no Python package, and those that
do not read the United States alone. So this is rules and a table of words (`street_words`), which know no street.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from dropshop.core.lookalikes import seen_as
from dropshop.core.spelling import plain_letters, spelled_plainly
from reservations.addresses import street_words
from reservations.addresses.countries import rules_of

# Parts of a country with a code of their own, whose postcodes are the country's.
PART_OF = dict.fromkeys(("AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "VI"), "US")
PART_OF |= dict.fromkeys(("GG", "IM", "JE"), "GB") | dict.fromkeys(("GF", "GP", "MQ", "RE", "YT"), "FR") | {"AX": "FI"}
# Where "2/10 High St" is flat 2 of house 10. Elsewhere what comes first is the house.
FLAT_FIRST = frozenset({"AU", "CA", "GB", "HK", "IE", "IN", "MY", "NZ", "SG", "US", "ZA"})
WITHOUT_DECOMPOSITION = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"})
TWO_VOWELS = re.compile("aa|ae|oe|ue")  # what people write for å, ä, ö and ü
NUMBER_SIGN = re.compile(r"\bn\s*[°ºª]|\bn\.\s*(?=\d+\b)|№", re.IGNORECASE)
RAISED = re.compile("[°ºª]")
INITIALS = re.compile(r"\b([^\W\d_])\.\s?(?=[^\W\d_]\b)")  # N. W. and P.O.
IN_CARE_OF = re.compile(r"\b(?:c/o|c/-|care of|attn:?|z\. ?hd\.)[^,;\d]*")
KANJI_DIGITS = "〇一二三四五六七八九"
KANJI_NUMBER = re.compile(rf"[{KANJI_DIGITS[1:]}十]+(?=丁目|番|号)")
TOKEN = re.compile(r"\d+|[^\W\d_]+|[#/-]|(?<=\d)\.(?=\s*[^\W\d_])")
POST_BOX = re.compile(r"\b(?:p\W{0,2}o\W{0,2}|post(?: office)? ?)box\b")
PARTS = re.compile("[,;|·]")
DIRECTIONS = frozenset("nesw")
KINDS_OF_A_LETTER = DIRECTIONS | {"r", "c"}  # rue, calle
AFTER_A_NUMBER = frozenset({"bis", "ter", "quater"})


def place_key(address: Mapping[str, str]) -> str:
    """The same for all spellings of one place; "" for what is collected, which goes to no member's place, and where the street
    is forgotten."""
    if "pickup" in address or not (address.get("country") and address.get("street")):
        return ""
    country, rules = address["country"], rules_of(address["country"])
    postcode = rules.postcode_key(address.get("zip_code", "")) if "zip_code" in rules.required else ""
    town = postcode or _letters(address.get("city", ""))
    return f"{PART_OF.get(country, country)}|{town}|{street_key(address)}"


def street_key(address: Mapping[str, str]) -> str:
    """The numbers in their order, the letters of the names, and the kinds of street, of the line `street`."""
    reading = _Reading(_tokens(_street_alone(address)), flat_first=address.get("country") in FLAT_FIRST)
    numbers, names, kinds = reading.read()
    # The letters are sorted, so that neither the order of words nor a blank between them counts.
    return f"{' '.join(numbers)}|{''.join(sorted(''.join(names)))}|{' '.join(sorted(set(kinds)))}"


def _street_alone(address: Mapping[str, str]) -> str:
    """The line without what stands in other lines as well."""
    line = RAISED.sub(" ", NUMBER_SIGN.sub(" no ", address.get("street", "")))
    text = POST_BOX.sub(" pobox ", IN_CARE_OF.sub(" ", spelled_plainly(_latin(line))))
    parts = PARTS.split(text)
    if len(parts) > 1:
        elsewhere = [text for name in ("city", "country", "zip_code", "state") if (text := _letters(address.get(name, "")))]
        parts = [part for part in parts if not _is_made_of(elsewhere, part)] or parts
    return KANJI_NUMBER.sub(lambda found: str(_kanji(found[0])), ", ".join(parts))


def _is_made_of(lines: Iterable[str], part: str) -> bool:
    """Whether nothing is in this part of a street but some of these lines: "Springfield IL 62701"."""
    rest = _letters(part)
    for line in lines:
        rest = rest.replace(line, "", 1)
    return not rest


def _kanji(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    value = KANJI_DIGITS.find(ones) if ones else 0
    return (KANJI_DIGITS.find(tens) if tens else 1) * 10 + value if ten else value


def _letters(text: str) -> str:
    return plain_letters(_plain(spelled_plainly(text)))


def _plain(text: str) -> str:
    """In lower case, without accents."""
    bare = _latin(text).casefold()
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFKD", bare)
        bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(WITHOUT_DECOMPOSITION)
    return TWO_VOWELS.sub(lambda pair: pair[0][0], bare)


def _latin(text: str) -> str:
    """With a Latin letter for each of another script that looks like it."""
    return text if text.isascii() else "".join(letter if letter.isascii() else _seen_as(letter) for letter in text)


def _seen_as(letter: str) -> str:
    alike = seen_as().get(ord(letter), letter)
    is_latin = unicodedata.name(letter, "").startswith("LATIN")
    return alike if alike.isascii() and alike.isalpha() and not is_latin else letter


class Token(NamedTuple):
    """A run of digits or letters, or a sign; `glued`: nothing stands before it."""

    text: str
    glued: bool

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_letter(self) -> bool:
        return self.is_word and len(self.text) == 1


def _tokens(text: str) -> list[Token]:
    plain = INITIALS.sub(r"\1", _plain(text)).replace("'", "")
    found: list[Token] = []
    end = -1
    for match in TOKEN.finditer(plain):
        found += [Token(part, match.start() == end and place == 0) for place, part in enumerate(_parts(match[0]))]
        end = match.end()
    return found


def _parts(text: str) -> Iterator[str]:
    """One word, as digits where it is a number; the name and the kind of a street that are written together; two directions."""
    words = _table()
    if text in words.numbers:
        yield words.numbers[text]
        return
    if text in words.directions:
        yield from words.directions[text].split()
        return
    ending = ""
    if text.endswith(words.endings):
        ending = next((ending for ending in words.endings if text.endswith(ending) and len(text) > len(ending) + 2), "")
    yield text.removesuffix(ending) if ending else text.lstrip("0") or "0" if text.isdigit() else text
    if ending:
        yield ending


class _Table(NamedTuple):
    """The words of `street_words`, spelled as tokens are."""

    kinds: Mapping[str, str]
    directions: Mapping[str, str]
    units: frozenset[str]
    floors: frozenset[str]
    fillers: frozenset[str]
    numbers: Mapping[str, str]
    ordinals: Mapping[str, str]
    endings: tuple[str, ...]


@cache
def _table() -> _Table:
    def each(text: str) -> list[str]:
        return [_plain(word) for word in text.split()]

    words = street_words
    kinds = {spelling: kind for kind, others in words.KINDS.items() for spelling in each(f"{kind} {others}")}
    return _Table(
        kinds=kinds,
        directions=words.DIRECTIONS,
        units=frozenset(["#", *each(words.UNITS)]),
        floors=frozenset(each(words.FLOORS)),
        fillers=frozenset(each(words.FILLERS)),
        numbers={word: str(number) for number, word in enumerate(each(words.NUMBERS))},
        ordinals={word: f"{number}th" for number, word in enumerate(each(words.ORDINALS))},
        endings=words.ENDINGS,
    )


class _Reading:
    """Reads the tokens of one street from left to right."""

    def __init__(self, tokens: list[Token], *, flat_first: bool) -> None:
        self.tokens, self.flat_first, self.at, self.words = tokens, flat_first, 0, _table()
        self.numbers: list[str] = []  # as they come: the house, and what follows it
        self.flats: list[str] = []  # those that are said to be of a part of the house, wherever they stand
        self.names: list[str] = []
        self.kinds: list[str] = []

    def read(self) -> tuple[list[str], list[str], list[str]]:
        """The numbers, houses before flats; the words of the name; the kinds and directions."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.is_number:
                self._number(token)
            elif token.text in self.words.units or (token.text in self.words.floors and self._ahead().is_number):
                self._flat(token)
            elif token.is_word:
                self._word(token.text)
        return self.numbers + self.flats, self.names, self.kinds

    def _ahead(self, steps: int = 0) -> Token:
        place = self.at + steps
        return self.tokens[place] if place < len(self.tokens) else Token(" ", glued=False)

    def _word(self, text: str) -> None:
        if text in self.words.ordinals:
            self._ordinal(self.words.ordinals[text])
        elif text in self.words.kinds:
            self.kinds.append(self.words.kinds[text])
        elif text not in self.words.fillers and text not in self.words.floors:
            self.names.append(text)

    def _ordinal(self, text: str) -> None:
        """ "5th" is a name, but before "floor"."""
        if self._ahead().text in self.words.floors:
            self.at += 1
            self.flats.append(text.removesuffix("th"))
        else:
            self.names.append(text)

    def _number(self, token: Token) -> None:
        following = self._ahead()
        is_english = following.glued and following.text in {"st", "nd", "rd", "th"}
        is_german = following.text == "." and self.at > 1
        if is_english or is_german:
            self.at += 1
            self._ordinal(f"{token.text}th")
        elif self.numbers and following.text in self.words.kinds and not following.is_letter and not following.glued:
            self._ordinal(f"{token.text}th")  # 350 5 Ave
        elif following.text in self.words.floors and not self._ahead(1).is_number:
            self.at += 1
            self.flats.append(token.text)
        elif self.flat_first and not self.numbers and following.text == "/" and self._ahead(1).is_number:
            self.flats.append(token.text)
            self.at += 1
        else:
            self.numbers.append(token.text + self._letter())

    def _flat(self, marker: Token) -> None:
        """What stands behind "flat": a number, a letter, or both. Nothing of that: a word like others."""
        while self._ahead().text in {"#", "-", ".", "no", "nr"} or self._ahead().text in self.words.units:
            self.at += 1
        following = self._ahead()
        if following.is_number:
            self.at += 1
            self.flats.append(following.text + self._letter())
        elif following.is_letter or (self._ahead(1).is_number and self._ahead(1).glued and len(following.text) == 2):
            self.at += 1
            number = self._ahead(1 if self._ahead().text == "-" else 0)
            joined = number.is_number and (number.glued or self._ahead().text == "-")
            self.at += (2 if self._ahead().text == "-" else 1) if joined else 0
            self.flats.append(following.text + (number.text if joined else ""))
        elif marker.is_word:
            self._word(marker.text)

    def _letter(self) -> str:
        """The letter of a number, "10a", "10 a" or "10-a", which is then read; "" for none. "10 E Main St" has none."""
        skipped = 1 if self._ahead().text == "-" else 0
        letter, beyond = self._ahead(skipped), self._ahead(skipped + 1)
        if letter.text in AFTER_A_NUMBER and letter.is_word:
            self.at += skipped + 1
            return letter.text
        begins_a_name = beyond.is_word and (beyond.text in DIRECTIONS or beyond.text not in self.words.kinds)
        is_kind = not letter.glued and begins_a_name and letter.text in (DIRECTIONS if self.flat_first else KINDS_OF_A_LETTER)
        is_flat = not letter.glued and letter.text in self.words.units
        begins_a_word = beyond.glued and beyond.text != "-"
        if not letter.is_letter or is_kind or is_flat or begins_a_word or letter.text in self.words.fillers:
            return ""
        self.at += skipped + 1
        return letter.text
