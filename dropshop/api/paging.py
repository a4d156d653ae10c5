"""Lists: `results`, `next`, `previous`. By cursor, so that a list that grows while it is read shows nothing twice."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.errors import Invalid

PAGE = 50
LONGEST = 100
MAX_TEXT = 500

PARAMETERS = [
    OpenApiParameter("cursor", str, description="From `next` or `previous` of a page before."),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": PAGE}, description="Rows per page."
    ),
]


class Pages(CursorPagination):
    """One page of a queryset; the first field of `ordering` is the one that cursors point into."""

    page_size = PAGE
    page_size_query_param = "page_size"
    max_page_size = LONGEST

    def get_page_size(self, request: Request) -> int:
        """The wanted size, up to 100; Invalid for what is no such number."""
        wanted = request.query_params.get(self.page_size_query_param)
        if wanted is None:
            return PAGE
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= LONGEST):
            raise Invalid(errors={"page_size": [f"Between 1 and {LONGEST}."]})
        return int(wanted)

    def read(self, queryset: QuerySet, request: Request) -> list[Any]:
        """The rows of the page that was asked for; Invalid for a cursor that is none of ours."""
        if len(request.query_params.get("cursor", "")) > MAX_TEXT:
            raise _not_ours()
        try:
            return self.paginate_queryset(queryset, request) or []
        except (ValidationError, ValueError):  # its position is no value of the column
            raise _not_ours() from None

    def decode_cursor(self, request: Request) -> Cursor | None:
        """DRF's, but a cursor that does not open is bad input, not a missing page."""
        from rest_framework.exceptions import NotFound

        try:
            return super().decode_cursor(request)
        except NotFound:
            raise _not_ours() from None


def _not_ours() -> Invalid:
    return Invalid(errors={"cursor": ["This is no cursor of this list."]})


def page(
    request: Request, queryset: QuerySet, facts: Callable[[list[Any]], Iterable[dict[str, Any]]], *, ordering: tuple[str, ...]
) -> Response:
    """The page of `queryset` that the request asks for; `facts` describes its rows, all at once."""
    pages = Pages()
    pages.ordering = ordering
    rows = pages.read(queryset.order_by(*ordering), request)
    return pages.get_paginated_response(list(facts(rows)))
