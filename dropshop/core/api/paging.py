"""Lists: `results`, `next`, `previous`. By cursor, so that a list that grows while it is read shows nothing twice."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.serializers import Query
from dropshop.core.api.validation import asked
from dropshop.core.errors import Invalid

PAGE_SIZE = 50  # rows, unless the request says otherwise
MAX_PAGE_SIZE = 100  # rows
NOT_OURS = "This is not a cursor of this list."


class PageQuery(Query):
    """What every list is asked by."""

    cursor = serializers.CharField(required=False, max_length=500, help_text="From `next` or `previous` of a page before.")
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE, help_text="Rows per page."
    )

    def validate_cursor(self, text: str) -> str:
        """One that opens; whether it is of this very list shows when the list is read."""
        try:
            CursorPagination().decode_cursor(cast(Request, SimpleNamespace(query_params={"cursor": text})))
        except NotFound:
            raise serializers.ValidationError(NOT_OURS) from None
        return text


class Pages(CursorPagination):
    """One page of a queryset, of so many rows; the first field of the ordering is the one that cursors point into."""

    def __init__(self, ordering: tuple[str, ...], rows: int) -> None:
        self.ordering, self.page_size = ordering, rows

    def read(self, queryset: QuerySet, request: Request) -> list[Any]:
        """The rows of the page that was asked for; Invalid for a cursor that is none of this list."""
        try:
            return self.paginate_queryset(queryset, request) or []
        except (NotFound, ValidationError, ValueError, DataError):  # it does not open, or its position is none of the column's
            raise not_ours() from None


def opened(request: Request) -> Cursor | None:
    """Where the page that the request asks for begins; None for the first. Raises Invalid for a cursor that does not open."""
    try:
        return CursorPagination().decode_cursor(request)
    except NotFound:
        raise not_ours() from None


def not_ours() -> Invalid:
    """For a cursor that is none of the list it was sent to."""
    return Invalid(errors={"cursor": [NOT_OURS]})


def page(
    request: Request, queryset: QuerySet, facts: Callable[[list[Any]], Iterable[dict[str, Any]]], *, ordering: tuple[str, ...]
) -> Response:
    """The page of `queryset` that the request asks for; `facts` describes its rows, all at once."""
    pages = Pages(ordering, asked(request)["page_size"])
    rows = pages.read(queryset, request)
    return pages.get_paginated_response(list(facts(rows)))
