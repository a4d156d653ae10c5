"""`closet`: my pairs. Everything is found through the member, so anyone else's is not there."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.closet import bought, import_export
from community.closet import pairs as closet
from community.closet.facts import Promised, described, filtered, in_closet_of, pair_facts
from community.closet.models import Pair
from community.closet.serializers import (
    ClosetQuery,
    NewPairSerializer,
    PairChangesSerializer,
    PairPage,
    PairSerializer,
    PatchedPair,
)
from dropshop.core import csv_files
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.serializers import price_in
from dropshop.core.api.validation import asked, validated
from dropshop.core.errors import ConcurrentUpdate, NotFound, RateLimited
from dropshop.core.limits import limited

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]
NEWEST_FIRST = ("-created_at", "-id")


def _pair_response(request: Request, pair: Pair, *, status: int = 200) -> Response:
    (facts,) = pair_facts(described(Pair.objects.filter(pk=pair.pk)), viewer=member_of(request))
    return Response(facts, status=status)


def changes_of(given: dict[str, Any], pair: Pair | None = None) -> closet.PairChanges:
    """What was sent, as `closet` takes it; an amount without a currency is in that of the sneaker. Raises Invalid."""
    changes: dict[str, Any] = {name: value for name, value in given.items() if name != "purchase"}
    if changes.get("price"):
        sneaker = changes.get("sneaker", pair.sneaker if pair else None)
        changes["price"] = price_in(changes["price"], sneaker.currency if sneaker else "USD")
    return changes  # type: ignore[return-value]  # the serializer's fields are its keys


@extend_schema(
    methods=GET,
    operation_id="list_closet",
    summary="My closet, newest first",
    tags=["closet"],
    parameters=[ClosetQuery],
    responses=PairPage,
)
@extend_schema(
    methods=POST,
    operation_id="add_to_closet",
    summary="Add a pair to my closet",
    description="By hand, or from a purchase: `{purchase}`. The same purchase again: 200 with the same pair.",
    tags=["closet"],
    request=NewPairSerializer,
    responses={
        201: PairSerializer,
        200: PairSerializer,
        **problem_responses(bought.NotPaid, bought.TradedAway, ConcurrentUpdate, NotFound, RateLimited),
    },
)
@api_view(["GET", "POST"], creates="closet/{id}")
@limited("closet")
def pairs(request: Request) -> Response:
    """My pairs (GET), and one more (POST)."""
    member = member_of(request)
    if request.method == "POST":
        facts = validated(NewPairSerializer(data=request.data))
        if "purchase" in facts:
            pair, is_new = bought.add_purchase(member, facts["purchase"])
            return _pair_response(request, pair, status=201 if is_new else 200)
        return _pair_response(request, closet.add(member, changes_of(facts)), status=201)
    wanted = filtered(described(in_closet_of(member)), asked(request), own=True)
    return page(request, wanted, lambda rows: pair_facts(rows, viewer=member), ordering=NEWEST_FIRST)


@extend_schema(methods=GET, operation_id="get_pair", summary="One of my pairs", tags=["closet"], responses=PairSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_pair",
    summary="Change one of my pairs",
    description="Offers with the pair become stale when it is no longer for trade, or when its size or condition changes.",
    tags=["closet"],
    request=PatchedPair,
    responses={200: PairSerializer, **problem_responses(Promised, ConcurrentUpdate, RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_pair",
    summary="Remove a pair from my closet",
    tags=["closet"],
    responses={204: None, **problem_responses(Promised, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@limited("closet", methods=("PATCH", "DELETE"))
def pair(request: Request, id: UUID) -> Response:
    """My pair (GET), what I change about it (PATCH), and the end of it here (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        closet.remove(id, member=member)
        return Response(status=204)
    mine = in_closet_of(member).filter(pk=id).select_related("sneaker").first()
    if mine is None:
        raise NotFound("You have no such pair.")
    if request.method == "PATCH":
        facts = validated(PairChangesSerializer(data=request.data, partial=True, context={"sneaker": mine.sneaker}))
        closet.change(id, member=member, changes=changes_of(facts, mine))
    return _pair_response(request, mine)


@extend_schema(
    operation_id="export_closet",
    summary="My closet as CSV",
    description="CSV in UTF-8. An apostrophe is put before text that a spreadsheet would read as a formula; "
    "[importing](/closet/import/) removes it again.",
    tags=["closet"],
    responses={(200, "text/csv"): OpenApiTypes.STR},
)
@api_view(["GET"], speaks=("text/csv",))
def export(request: Request) -> HttpResponse:
    """A line for each of my pairs, the oldest first."""
    sheet = import_export.of(member_of(request))
    return HttpResponse(sheet, content_type=csv_files.TYPE, headers=csv_files.headers(import_export.FILE))
