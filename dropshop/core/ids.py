"""Ids: new ones for rows that come in crowds, and those that strangers write in addresses, forms and messages."""

import os
import time
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
NOT_AN_ID = "This is not an id."


VERSION_7, VARIANT = 7 << 76, 0b10 << 62
RANDOM = ~(0xF << 76 | 0b11 << 62)  # the bits between, of the lowest 80


def time_ordered_id() -> UUID:
    """A new id of version 7 (RFC 9562, 5.7): milliseconds since 1970 by this machine's clock, and 74 random bits.

    For rows that come in crowds: ids of one moment lie side by side in the index. With random ones each would lie on a page of
    its own, which PostgreSQL writes into its log whole (docs/benchmarks.md). A wrong clock costs that, and nothing else.
    """
    random = int.from_bytes(os.urandom(10)) & RANDOM
    return UUID(int=time.time_ns() // 1_000_000 << 80 | VERSION_7 | VARIANT | random)


def parse_id(text: Any) -> UUID | None:
    """The id that this means, however it is spelled; None for what is no id."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(str(text))
    except ValueError:
        return None


def find_by_id(things: QuerySet[M], text: Any) -> M | None:
    """The one of these with this id; None for what is no id, and for an id that is none of theirs."""
    pk = parse_id(text)
    return None if pk is None else things.filter(pk=pk).first()


def find_by_id_or_slug(things: QuerySet[M], name: str) -> M | None:
    """The one of these with this id or slug; None where there is none."""
    if "\0" in name:
        return None  # a stranger's text that PostgreSQL cannot even be asked for
    if (pk := parse_id(name)) is not None:
        return things.filter(pk=pk).first()
    return things.filter(slug=name).first()
