"""`drops/{id}/pass` and `drops/{id}/reserve`: the two calls of the bell."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import authentication_classes
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import Closed, NotOpen
from drops.facts import find
from drops.models import Drop, Size
from drops.stock.size_run import find_size
from dropshop.core.api.authentication import BearerAuthentication, CookieAuthentication, family_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import refusals
from dropshop.core.api.validation import given
from dropshop.core.clock import database_time, database_time_about, iso
from dropshop.core.errors import ConcurrentUpdate, Invalid, NotFound, RateLimited
from dropshop.core.limits import limited
from reservations import holds, passes
from reservations.api.places import HOLD
from reservations.api.shapes import HeldSerializer, PassSerializer, ReserveSerializer
from reservations.errors import AllHeld, CoolingDown, LimitReached, SoldOut
from reservations.facts import reservation_facts
from reservations.origins import origin_of

HEADER = "X-Drop-Pass"


class PassAuthentication(BaseAuthentication):
    """`X-Drop-Pass`: stands in for any other sign-in on its own drop, and proves that no other site sent the request."""

    parameter = OpenApiParameter(
        HEADER, str, OpenApiParameter.HEADER, description="`pass` of drops/{id}/pass, in place of any other sign-in."
    )

    def authenticate(self, request: Request) -> tuple[Any, passes.Ticket] | None:
        """The pass's member and ticket; None without a pass. A pass that is sent must be good."""
        text = request.headers.get(HEADER)
        if text is None:
            return None
        try:
            ticket = passes.read(text, _named(request.parser_context["kwargs"]["id"]))
        except passes.NotAPass as error:
            raise AuthenticationFailed(str(error)) from None
        (fault,) = passes.faults([ticket])
        if fault is not None:
            raise AuthenticationFailed(fault)
        return get_user_model().objects.get(pk=ticket.member_id), ticket

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _named(subject: str | UUID) -> UUID | None:
    """The drop that the pass must be for; None for the address of a hold, which is looked for in the pass's own drop."""
    return None if isinstance(subject, UUID) else published(subject).pk


class PassScheme(OpenApiAuthenticationExtension):
    """For the document."""

    target_class = PassAuthentication
    name = "pass"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": "`pass` of drops/{id}/pass; good for ten minutes, for its member and its drop.",
        }


def published(id_or_slug: str) -> Drop:
    """The drop; raises NotFound for drafts too."""
    drop = find(id_or_slug)
    if drop is None:
        raise NotFound("There is no such drop.")
    return drop


@extend_schema(
    operation_id="get_pass",
    summary="Get a pass before the bell",
    description="Makes the slow checks, so that `reserve` need not. 403 names what is `missing`: "
    "`verified_email`, or `karma` (then with `karma_needed` and the `karma` you have).",
    tags=["drops"],
    request=None,
    responses={200: PassSerializer, **refusals(Closed, RateLimited)},
)
@api_view(["POST"])
@limited("pass")
def take_pass(request: Request, id: str) -> Response:  # noqa: A002 - the contract's own word
    """A pass for this member and drop."""
    drop = published(id)
    passes.require(request.user, drop)
    moment = database_time()
    if drop.ends_at <= moment:
        raise Closed(ends_at=iso(drop.ends_at))
    issued = passes.issue(request.user, drop, family_of(request), at=moment)
    return Response({"pass": issued.text, "expires_at": iso(issued.expires_at), "server_time": iso(moment)})


@extend_schema(
    operation_id="reserve",
    summary="Reserve a pair",
    description="201 with a new hold; 200 with the one you have, unchanged. A pass stands in for any other sign-in.",
    tags=["drops"],
    request=ReserveSerializer,
    responses={
        200: HeldSerializer,
        201: HeldSerializer,
        **refusals(SoldOut, AllHeld, NotOpen, Closed, LimitReached, ConcurrentUpdate, CoolingDown, RateLimited),
    },
)
@api_view(["POST"], creates=HOLD)
@authentication_classes([PassAuthentication, BearerAuthentication, CookieAuthentication])
@limited("reserve")
def reserve(request: Request, id: str) -> Response:  # noqa: A002 - the contract's own word
    """A hold on one pair."""
    drop = published(id)
    if not isinstance(request.auth, passes.Ticket):
        passes.require(request.user, drop, reserving=True)
    wanted = given(ReserveSerializer(data=request.data))
    size = _size(drop, wanted.get("size"))
    granted = holds.reserve(member=request.user, drop=drop, size=size, origin=origin_of(request._request))
    hold = granted.reservation
    body = {"reservation": reservation_facts(hold), "server_time": iso(database_time_about())}  # behind the COMMIT: asks nobody
    return Response(body, status=201 if granted.created else 200)


def _size(drop: Drop, label: str | None) -> Size | None:
    if label is None:
        return None
    size = find_size(drop, label)
    if size is None:
        raise Invalid(errors={"size": ["This drop has no such size."]})
    return size
