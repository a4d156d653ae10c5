"""`wants`: the pairs I look for, and what matches them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.wants import edit
from community.wants.edit import AlreadyWanted
from community.wants.matching import want_facts
from community.wants.models import Want
from community.wants.serializers import NewWantSerializer, PatchedWant, WantChangesSerializer, WantPage, WantSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.serializers import price_in
from dropshop.core.api.validation import validated
from dropshop.core.errors import ConcurrentUpdate, NotFound, RateLimited
from dropshop.core.limits import limited

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]


def _wish(given: dict[str, Any], currency: str) -> edit.WantTerms:
    """What was sent, as `community.wants.matching` takes it."""
    wish = {name: value for name, value in given.items() if name != "sneaker"}
    if wish.get("highest_price"):
        wish["highest_price"] = price_in(wish["highest_price"], currency)
    return wish  # type: ignore[return-value]  # the serializer's fields are its keys


def _want_response(request: Request, want: Want, *, status: int = 200) -> Response:
    (facts,) = want_facts([want], viewer=member_of(request))
    return Response(facts, status=status)


@extend_schema(
    methods=GET,
    operation_id="list_wants",
    summary="My wants, newest first",
    tags=["closet"],
    parameters=[PageQuery],
    responses=WantPage,
)
@extend_schema(
    methods=POST,
    operation_id="add_want",
    summary="Add a want",
    description="One want per sneaker. The same again: 200 with the same want.",
    tags=["closet"],
    request=NewWantSerializer,
    responses={201: WantSerializer, 200: WantSerializer, **problem_responses(AlreadyWanted, RateLimited)},
)
@api_view(["GET", "POST"], creates="wants/{id}")
@limited("closet")
def list_wants(request: Request) -> Response:
    """My wants with their matches (GET), and one more (POST)."""
    member = member_of(request)
    if request.method == "POST":
        wish = validated(NewWantSerializer(data=request.data))
        sneaker = wish["sneaker"]
        want, is_new = edit.add(member, sneaker, _wish(wish, sneaker.currency))
        return _want_response(request, want, status=201 if is_new else 200)
    mine = member.wants.select_related("sneaker")
    return page(request, mine, lambda rows: want_facts(rows, viewer=member), ordering=("-created_at", "-id"))


@extend_schema(methods=GET, operation_id="get_want", summary="One of my wants", tags=["closet"], responses=WantSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_want",
    summary="Change one of my wants",
    tags=["closet"],
    request=PatchedWant,
    responses={200: WantSerializer, **problem_responses(ConcurrentUpdate, RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_want",
    summary="Delete a want",
    tags=["closet"],
    responses={204: None, **problem_responses(RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@limited("closet", methods=("PATCH", "DELETE"))
def want(request: Request, id: UUID) -> Response:
    """My want (GET), what I change about it (PATCH), and the end of it (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        edit.remove(id, member=member)
        return Response(status=204)
    mine = member.wants.select_related("sneaker").filter(pk=id).first()
    if mine is None:
        raise NotFound("You have no such want.")
    if request.method == "PATCH":
        changes = validated(WantChangesSerializer(data=request.data, partial=True, context={"sneaker": mine.sneaker}))
        mine = edit.change(id, member=member, wish=_wish(changes, mine.sneaker.currency))
    return _want_response(request, mine)
