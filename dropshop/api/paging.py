"""Lists: `results`, `next`, `previous`. By cursor, so that a list that grows while it is read shows nothing twice."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.api.given import asked
from dropshop.api.shape import Query
from dropshop.errors import Invalid

PAGE = 50
LONGEST = 100
NOT_OURS = "This is no cursor of this list."


class PageQuery(Query):
    """What every list is asked by."""

    cursor = serializers.CharField(required=False, max_length=500, help_text="From `next` or `previous` of a page before.")
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=LONGEST, default=PAGE, help_text="Rows per page."
    )

    def validate_cursor(self, text: str) -> str:
        """One that opens; whether it is of this very list shows when the list is read."""
        try:
            CursorPagination().decode_cursor(cast(Request, SimpleNamespace(query_params={"cursor": text})))
        except NotFound:
            raise serializers.ValidationError(NOT_OURS) from None
        return text


class Pages(CursorPagination):
    """One page of a queryset; the first field of `ordering` is the one that cursors point into."""

    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        """The wanted size."""
        size: int = asked(request)["page_size"]
        return size

    def read(self, queryset: QuerySet, request: Request) -> list[Any]:
        """The rows of the page that was asked for; Invalid for a cursor that is none of this list."""
        try:
            return self.paginate_queryset(queryset, request) or []
        except (NotFound, ValidationError, ValueError):  # it does not open, or its position is no value of the column
            raise not_ours() from None

    def opened(self, request: Request) -> Cursor | None:
        """Where the wanted page begins; None for the first."""
        return self.decode_cursor(request) if "cursor" in asked(request) else None


def not_ours() -> Invalid:
    """For a cursor that is none of the list it was sent to."""
    return Invalid(errors={"cursor": [NOT_OURS]})


def page(
    request: Request, queryset: QuerySet, facts: Callable[[list[Any]], Iterable[dict[str, Any]]], *, ordering: tuple[str, ...]
) -> Response:
    """The page of `queryset` that the request asks for; `facts` describes its rows, all at once."""
    pages = Pages()
    pages.ordering = ordering
    rows = pages.read(queryset.order_by(*ordering), request)
    return pages.get_paginated_response(list(facts(rows)))
