"""What pages that list or take ids share."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from rest_framework.request import Request

from dropshop.core.api.paging import Pages
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.ids import NOT_AN_ID, M, parse_id
from dropshop.core.members import Member

PAGE_SIZE = 24  # on a page, unless it says otherwise
# For pages that members show to others: asked for anew whenever they are opened, yet Back shows them as they were left. What is
# the reader's alone is `never_cache`: browsers keep nothing of it.
shown_anew = cache_control(private=True, no_cache=True, max_age=0)


def page_after(wanted: str, otherwise: str) -> str:
    """The path of this shop that somebody wants to go on to; `otherwise` for anything that leads elsewhere."""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise


class Page(NamedTuple):
    """One page of a list, and the addresses of those beside it; None at an end."""

    rows: list[Any]
    older: str | None
    newer: str | None


def paginate(request: HttpRequest, things: QuerySet[Any], ordering: tuple[str, ...], *, rows: int = PAGE_SIZE) -> Page:
    """The page of these things that the query string's `cursor` asks for; raises Invalid for a cursor that is none."""
    pages = Pages(ordering, rows)
    return Page(pages.read(things, Request(request)), pages.get_next_link(), pages.get_previous_link())


def render_live(
    request: HttpRequest, page: str, context: dict[str, Any], *, status: int = 200, parts: Mapping[str, str]
) -> HttpResponse:
    """The page; or, where a `<live-part>` asks by its name for itself alone, that part's template with the same context."""
    response = render(request, parts.get(request.headers.get("X-Fragment", ""), page), context, status=status)
    patch_vary_headers(response, ["X-Fragment"])
    return response


def member_of(request: HttpRequest) -> Member:
    """Who is signed in; only behind `login_required`."""
    return cast(Member, request.user)


def parse_ids(texts: Iterable[str]) -> list[UUID]:
    """The ids that a form sent; raises Invalid for what is none."""
    ids = [parse_id(text) for text in texts]
    if None in ids:
        raise Invalid(NOT_AN_ID)
    return [pk for pk in ids if pk is not None]


def row_above(request: HttpRequest, things: QuerySet[M], field: str = "pk") -> M | None:
    """The row below which the page begins: that of these whose `field` is the id in the query string's `older`.

    None for the first page. Raises NotFound for what is no id, and for an id that is none of theirs.
    """
    if "older" not in request.GET:
        return None
    pk = parse_id(request.GET["older"])
    found = None if pk is None else things.filter(**{field: pk}).first()
    if found is None:
        raise NotFound("There is no such page.")
    return found
