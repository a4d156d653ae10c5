"""`addresses`: where I have pairs sent. Everything is found through the member, so anyone else's is not there."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.errors import ConcurrentUpdate, Invalid, RateLimited
from dropshop.core.limits import limited
from reservations.addresses import saved
from reservations.addresses.facts import address_facts
from reservations.addresses.saved import TooManyAddresses
from reservations.addresses.serializers import (
    NewAddressSerializer,
    PatchedAddressSerializer,
    SavedAddressPage,
    SavedAddressSerializer,
)

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]
FIRST_THEN_NEWEST = ("-is_default", "-created_at", "id")


@extend_schema(
    methods=GET,
    operation_id="list_addresses",
    summary="My addresses, the one that is used first first",
    tags=["addresses"],
    parameters=[PageQuery],
    responses=SavedAddressPage,
)
@extend_schema(
    methods=POST,
    operation_id="add_address",
    summary="Save an address",
    description="Which lines must not be empty, and how a postcode looks, depends on the country. At most 20.",
    tags=["addresses"],
    request=NewAddressSerializer,
    responses={201: SavedAddressSerializer, **problem_responses(TooManyAddresses, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "POST"], creates="addresses/{id}")
@limited("addresses")
def addresses(request: Request) -> Response:
    """My addresses (GET), and one more (POST)."""
    member = member_of(request)
    if request.method == "POST":
        lines, first = _read(request)
        return Response(address_facts(saved.add(member, lines, first=bool(first))), status=201)
    return page(request, saved.addresses_of(member), lambda rows: map(address_facts, rows), ordering=FIRST_THEN_NEWEST)


@extend_schema(
    methods=GET, operation_id="get_address", summary="One of my addresses", tags=["addresses"], responses=SavedAddressSerializer
)
@extend_schema(
    methods=PATCH,
    operation_id="change_address",
    summary="Change one of my addresses",
    description="Orders keep the address they were placed with.",
    tags=["addresses"],
    request=PatchedAddressSerializer,
    responses={200: SavedAddressSerializer, **problem_responses(ConcurrentUpdate, RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_address",
    summary="Remove one of my addresses",
    tags=["addresses"],
    responses={204: None, **problem_responses(ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@limited("addresses", methods=("PATCH", "DELETE"))
def address(request: Request, id: UUID) -> Response:
    """My address (GET), what I change about it (PATCH), and the end of it (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        saved.remove(id, member)
        return Response(status=204)
    if request.method == "PATCH":
        lines, first = _read(request)
        return Response(address_facts(saved.change(id, member, lines, first=first)))
    return Response(address_facts(saved.find(id, member)))


def _read(request: Request) -> tuple[Mapping[str, Any], bool | None]:
    """The lines that were sent, and whether the address is to be used first, where that was said; raises Invalid."""
    if not isinstance(request.data, Mapping):
        raise Invalid(errors={"request": ["Send an object with the lines of the address."]})
    first = request.data.get("is_default")
    if first is not None and not isinstance(first, bool):
        raise Invalid(errors={"is_default": ["Send true or false."]})
    return {name: value for name, value in request.data.items() if name != "is_default"}, first
