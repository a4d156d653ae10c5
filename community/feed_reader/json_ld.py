"""JSON-LD as pages hold it: wrapped in CDATA or comments, with a semicolon behind it, one script broken beside good ones."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from extruct.jsonld import JsonLdExtractor

# What stands around the JSON so that old browsers, or XML, leave it alone.
WRAPPING = r"(?:\s|\ufeff|//>?|/\*|\*/|<!--|-->|<!\[CDATA\[|(?:<!)?\]\]>|;)*+"
AROUND, BETWEEN = re.compile(WRAPPING), re.compile(rf"{WRAPPING},?{WRAPPING}")
DECODER = json.JSONDecoder(strict=False)  # line ends within texts are common


class Scripts(JsonLdExtractor):
    """What the JSON-LD of a page says; `broken` scripts are counted, and the others read."""

    def __init__(self) -> None:
        self.broken = 0

    def _extract_items(self, node: Any) -> Iterator[Any]:
        """Called by extruct for each script."""
        try:
            found = values_of(_unescaped(node.xpath("string()")))
        except (ValueError, RecursionError):
            found = self._with_comments(node)
        for value in found:
            yield from value if isinstance(value, list) else [value]

    def _with_comments(self, node: Any) -> list[Any]:
        """What extruct makes of it, which knows JavaScript's comments."""
        try:
            return list(super()._extract_items(node))
        except (ValueError, RecursionError, IndexError):
            self.broken += 1
            return []


def _unescaped(script: str) -> str:
    """Without the entities that some write here too, where no parser of HTML resolves them."""
    return html.unescape(script) if "&quot;" in script and '"' not in script else script


def values_of(script: str) -> list[Any]:
    """The values of the script, one after the other; raises ValueError where anything else stands around them."""
    found, place = [], AROUND.match(script).end()  # type: ignore[union-attr]  # it matches nothing as well
    while place < len(script):
        value, end = DECODER.raw_decode(script, place)
        found.append(value)
        place = BETWEEN.match(script, end).end()  # type: ignore[union-attr]
    return found
