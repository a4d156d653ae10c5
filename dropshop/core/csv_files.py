"""Tables as CSV, as spreadsheets write and read them.

Text that a spreadsheet would read as a formula is written with an apostrophe before it, and read without it. A text that has
such an apostrophe already gets another, so what comes back is exactly what went out (OWASP, "CSV Injection").
"""

import base64
import binascii
import codecs
import csv
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from itertools import chain
from typing import NamedTuple

from django.http import HttpRequest

from dropshop.core.errors import Invalid
from dropshop.core.spelling import spelled_plainly

TYPE = "text/csv; charset=utf-8"
MAX_BYTES = 1_000_000
CARRIED_MAX_LENGTH = 900_000  # letters that a form's hidden field may have beside everything else
MARK = "\ufeff"  # tells a spreadsheet that what follows is UTF-8
# What spreadsheets separate columns with; a first line "sep=;" may say which it is, but neither a letter, nor what stands
# around cells or ends lines: no reader of CSV could tell the one from the other.
SEPARATORS = (",", ";", "\t")
SAYS_SEPARATOR = re.compile(r"\A\ufeff?\"?sep=([^\w\"\r\n])\"?[ \t;,]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
# What begins a formula somewhere: also the full-width signs, and whitespace that a spreadsheet drops before it looks.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
ESCAPED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")

IsHeader = Callable[[set[str]], bool]


class Fault(NamedTuple):
    """What is wrong where: the line of the file, counted from 1, and the column ("" for the whole line)."""

    line: int
    column: str
    says: str


def headers(name: str) -> dict[str, str]:
    """How a table travels: as a file of this name to keep, and nobody else's."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}


def inert(text: str) -> str:
    """The text, protected against being read as a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def plain(text: str) -> str:
    """What `inert` was given."""
    return text[1:] if ESCAPED.match(text) else text


def lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The file, line by line; every cell is inert."""
    for place, cells in enumerate(chain([columns], rows)):
        line = StringIO(newline="")
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow(inert(cell) for cell in cells)
        yield line.getvalue() if place else MARK + line.getvalue()


def text_of(raw: bytes) -> str:
    """The file's text; raises Invalid for what is too large, or neither UTF-8 nor, by its mark, UTF-16 ("Unicode text")."""
    if len(raw) > MAX_BYTES:
        raise Invalid(errors={"sheet": [f"At most {MAX_BYTES:,} bytes; these are {len(raw):,}."]})
    try:
        text = raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(errors={"sheet": ["The file is not in UTF-8. Save it as “CSV UTF-8”."]}) from None
    if "\0" in text:
        raise Invalid(errors={"sheet": ["The file holds NUL characters, so it is not a CSV file."]})
    return text


def uploaded(request: HttpRequest) -> str:
    """The text of the file that a form sent as `sheet`; raises Invalid."""
    upload = request.FILES.get("sheet")
    if upload is None:
        raise Invalid(errors={"sheet": ["Choose a CSV file."]})
    return text_of(upload.read(MAX_BYTES + 1))  # one byte more than is allowed shows that the file is too large


def rows(text: str, *, is_header: IsHeader) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on, the first with the names of the columns. Raises Invalid for what is no CSV.

    What parts the columns is found by `is_header`: whether these names, spelled plainly, are those of such a file.

    Blank cells at the end, which a spreadsheet adds where it once had a column, are left out as far as the first row ends.
    """
    width = 0
    for line, cells in _rows(text, is_header):
        end = len(cells)
        while end > width and not cells[end - 1].strip():
            end -= 1
        width = width or end
        yield line, cells[:end]


def _rows(text: str, is_header: IsHeader) -> Iterator[tuple[int, list[str]]]:
    separator, skipped = _separator(text, is_header)
    rest = text[len(skipped) :].removeprefix(MARK)
    reader = csv.reader(StringIO(rest, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1 + bool(skipped)
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(errors={"sheet": [f"Line {line} is not valid CSV: {error}."]}) from None


def _separator(text: str, is_header: IsHeader) -> tuple[str, str]:
    """What parts the columns: what the first line says (then that line, too), else what finds the names of columns there."""
    if said := SAYS_SEPARATOR.match(text):
        return said[1], said[0]
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    for separator in SEPARATORS:
        if is_header({spelled_plainly(name.strip('"')) for name in header.split(separator)}):
            return separator, ""
    return ",", ""


def carried(text: str) -> str:
    """The text for a hidden field: its line ends would not survive a form."""
    packed = base64.b64encode(zlib.compress(text.encode())).decode()
    if len(packed) > CARRIED_MAX_LENGTH:
        raise Invalid(errors={"sheet": ["This file is too large for one form. Import it in two parts."]})
    return packed


def opened(packed: str) -> str:
    """What `carried` packed; it came through a browser, so it may be anything. Raises Invalid."""
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(base64.b64decode(packed, validate=True), MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise Invalid(errors={"sheet": ["Choose the file again."]}) from None
    return text_of(raw)
