"""Sneakers, and what belongs to one, found by their names."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

NAMED_BY = ("brand", "name", "style_code", "colourway")
MAX_WORDS = 8  # of a text that are looked for


def with_words(rows: QuerySet[Any], text: str, fields: Iterable[str]) -> QuerySet[Any]:
    """Those in which every word of the text stands in one of these fields, in any case."""
    for word in text.split()[:MAX_WORDS]:
        rows = rows.filter(Q(*((f"{field}__icontains", word) for field in fields), _connector=Q.OR))
    return rows


def named_by(sneakers: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those that have every word of the text somewhere in what names them."""
    return with_words(sneakers, text, NAMED_BY)
