"""What members write: plain text, made harmless before it is stored, and shown by the filter `said`."""

import re
import unicodedata
from collections.abc import Iterable

from dropshop.core.errors import Invalid

# Spaces that draw nothing although Unicode counts them as letters or symbols: a name or text of these looks empty.
BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# Joins emoji and the letters of some scripts: kept between two visible characters, and nowhere else.
JOINERS = "\u200c\u200d"
# Accents on one letter beyond this number are there to write over the lines above.
MAX_ACCENTS = 4
MAX_MENTIONS = 10
# A text longer than so many times its limit is refused before it is looked at.
HOPELESS_FACTOR = 4

_STRAY_JOINERS = re.compile(rf"(?<![^\s{JOINERS}])[{JOINERS}]+|[{JOINERS}]+(?=\s|$)|(?<=[{JOINERS}])[{JOINERS}]+")
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_MENTION = r"(?<![\w/@.+-])@(\w(?:[\w.+-]{0,148}\w)?)"
MENTION = re.compile(_MENTION)


def clean_text(text: str, *, limit: int, field: str = "text", required: bool = True, lines: bool = True) -> str:
    """The text as it is stored: NFC, without control characters, direction overrides and invisible characters, blank lines
    collapsed to one, trimmed; with `lines` off, in one line.

    Raises Invalid (about `field`) where nothing is left and something is required, and beyond `limit` characters.
    """
    if len(text) > HOPELESS_FACTOR * limit:
        raise _too_long(field, limit, len(text))
    text = re.sub(r"\r\n?|[\u0085\u2028\u2029\v\f]", "\n", text)
    text = "".join(letter for letter in unicodedata.normalize("NFC", text) if _is_kept(letter))
    text = _STRAY_JOINERS.sub("", _with_few_accents(text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))  # a pattern for this takes the square of a run of spaces
    text = _BLANK_LINES.sub("\n\n", text).strip() if lines else " ".join(text.split())
    if required and not text:
        raise Invalid(errors={field: ["Write something."]})
    if len(text) > limit:
        raise _too_long(field, limit, len(text))
    return text


def _too_long(field: str, limit: int, length: int) -> Invalid:
    return Invalid(errors={field: [f"At most {limit} characters; these are {length}."]})


def mentioned_names(text: str) -> list[str]:
    """The names that stand behind an @ in the text, each once, at most ten; whether such members exist is not looked at."""
    names: dict[str, str] = {}
    for found in MENTION.finditer(text):
        names.setdefault(found[1].casefold(), found[1])
    return list(names.values())[:MAX_MENTIONS]


def _is_kept(letter: str) -> bool:
    """Letters, signs, spaces and line ends; no control or format character, half of a pair, private use or non-character."""
    if letter == "\n" or letter in JOINERS:
        return True
    if letter in BLANKS or (ord(letter) & 0xFFFE) == 0xFFFE:
        return False
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or letter == "\t"


def _with_few_accents(text: str) -> str:
    return "".join(_few_accents(text))


def _few_accents(text: str) -> Iterable[str]:
    run = 0
    for letter in text:
        run = run + 1 if unicodedata.category(letter) in {"Mn", "Me"} else 0
        if run <= MAX_ACCENTS:
            yield letter


def counted(count: int, thing: str) -> str:
    """ "1 guest", "20 guests"; of things whose plural only takes an s."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
