"""My holds and my purchases. Everything is found through the member, so anyone else's is not there."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import Closed, NotOpen
from drops.models import Drop, Size
from drops.stock.size_run import require_size
from dropshop.core.api.authentication import BearerAuthentication, CookieAuthentication, member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.clock import estimated_database_time, iso
from dropshop.core.errors import ConcurrentUpdate, NotFound, RateLimited
from dropshop.core.limits import limited
from reservations.holds import lifecycle
from reservations.holds.errors import (
    AllHeld,
    AlreadyCancelled,
    AlreadyPurchased,
    CoolingDown,
    ExtensionUsed,
    HoldExpired,
    LimitReached,
    RequestStands,
    SoldOut,
)
from reservations.holds.facts import HOLD, as_they_stand, reservation_facts
from reservations.holds.origins import origin_of
from reservations.holds.reserve import reserve as reserve_pair
from reservations.holds.serializers import HeldSerializer, ReservationPage, ReservationSerializer, ReserveSerializer
from reservations.passes import requirements, tokens
from reservations.passes.api import PassAuthentication, find_published

NEWEST_FIRST = ("-created_at", "id")
GET, DELETE = ["GET"], ["DELETE"]


def _reservations(request: Request) -> Any:
    return member_of(request).reservations.select_related("drop", "size")


@extend_schema(
    operation_id="list_reservations",
    summary="My reservations, newest first",
    tags=["reservations"],
    parameters=[PageQuery],
    responses=ReservationPage,
)
@api_view(["GET"])
def list_reservations(request: Request) -> Response:
    """Active ones and those that ended."""
    return page(request, _reservations(request), as_they_stand, ordering=NEWEST_FIRST)


@extend_schema(
    methods=GET,
    operation_id="get_reservation",
    summary="One of my reservations",
    tags=["reservations"],
    responses=ReservationSerializer,
)
@extend_schema(
    methods=DELETE,
    operation_id="cancel_reservation",
    summary="Give the pair back",
    description="Also answers 204 when it was given back before.",
    tags=["reservations"],
    responses={204: None, **problem_responses(AlreadyPurchased, ConcurrentUpdate, HoldExpired)},
)
@api_view(["GET", "DELETE"])
def reservation(request: Request, id: UUID) -> Response:
    """My hold (GET), or the end of it (DELETE)."""
    if request.method == "DELETE":
        lifecycle.cancel(id, member=member_of(request))
        return Response(status=204)
    found = _reservations(request).filter(pk=id).first()
    if found is None:
        raise NotFound("You have no such reservation.")
    return Response(as_they_stand([found])[0])


@extend_schema(
    operation_id="extend_reservation",
    summary="More time",
    description="Once per hold (the drop's `max_extensions`): another `hold_seconds`.",
    tags=["reservations"],
    request=None,
    responses={
        200: HeldSerializer,
        **problem_responses(ExtensionUsed, AlreadyPurchased, AlreadyCancelled, ConcurrentUpdate, HoldExpired),
    },
)
@api_view(["POST"])
def extend(request: Request, id: UUID) -> Response:
    """The hold with its later expiry."""
    hold = lifecycle.extend(id, member=member_of(request))
    return Response({"reservation": reservation_facts(hold), "server_time": iso(estimated_database_time())})


@extend_schema(
    operation_id="reserve",
    summary="Reserve a pair",
    description="201 with a new hold; 200 with the one you have, unchanged. A pass stands in for any other sign-in.",
    tags=["drops"],
    request=ReserveSerializer,
    responses={
        200: HeldSerializer,
        201: HeldSerializer,
        **problem_responses(
            SoldOut, AllHeld, NotOpen, Closed, RequestStands, LimitReached, ConcurrentUpdate, CoolingDown, RateLimited
        ),
    },
)
@api_view(["POST"], creates=HOLD)
@authentication_classes([PassAuthentication, BearerAuthentication, CookieAuthentication])
@limited("reserve")
def reserve(request: Request, id: str) -> Response:
    """A hold on one pair."""
    drop = find_published(id)
    if not isinstance(request.auth, tokens.PassClaims):
        requirements.require(member_of(request), drop, reserving=True)
    wanted = validated(ReserveSerializer(data=request.data))
    size = _size(drop, wanted.get("size"))
    granted = reserve_pair(member=member_of(request), drop=drop, size=size, origin=origin_of(request._request))
    answer = granted.answer(iso(estimated_database_time()))  # behind the COMMIT: asks nobody
    return Response(answer.body, status=answer.status)


def _size(drop: Drop, label: str | None) -> Size | None:
    return None if label is None else require_size(drop, label)
