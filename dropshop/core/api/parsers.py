"""What the API reads of a body."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

NUL = "\x00"  # PostgreSQL's text cannot hold it


class StrictJSONParser(JSONParser):
    """DRF's, without what it lets through: towers of brackets, and text that PostgreSQL or UTF-8 cannot hold."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The value; ParseError (400 `invalid`) for everything else."""
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        if any(map(_unstorable, _texts(value))):
            raise ParseError("JSON parse error - a text holds a NUL, or half a character (a lone surrogate).")
        return value


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting += items
            case dict() as fields:
                waiting += [*fields, *fields.values()]


def _unstorable(text: str) -> bool:
    return NUL in text or any("\ud800" <= letter <= "\udfff" for letter in text)
