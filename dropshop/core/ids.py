"""Ids as strangers write them: in addresses, forms and messages."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
NOT_AN_ID = "This is not an id."


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
