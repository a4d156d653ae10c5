"""`drops/{id}/pass` and `drops/{id}/reserve`: the two calls that matter when a drop opens."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import Closed, no_such_drop
from drops.facts import find_drop
from drops.models import Drop
from dropshop.core.api.authentication import member_of, session_key_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import RateLimited
from dropshop.core.limits import limited
from reservations.passes import requirements, tokens
from reservations.passes.giving import give_pass
from reservations.passes.serializers import PassSerializer

HEADER = "X-Drop-Pass"


class PassAuthentication(BaseAuthentication):
    """`X-Drop-Pass`: stands in for any other sign-in on its own drop, and proves that no other site sent the request."""

    parameter = OpenApiParameter(
        HEADER, str, OpenApiParameter.HEADER, description="`pass` of drops/{id}/pass, in place of any other sign-in."
    )

    def authenticate(self, request: Request) -> tuple[Any, tokens.PassClaims] | None:
        """The pass's member and ticket; None without a pass. A pass that is sent must be good."""
        text = request.headers.get(HEADER)
        if text is None:
            return None
        try:
            ticket = tokens.open_pass(text, _named(request.parser_context["kwargs"]["id"]))
        except tokens.InvalidPass as error:
            raise AuthenticationFailed(str(error)) from None
        (fault,) = tokens.invalid_reasons([ticket])
        if fault is not None:
            raise AuthenticationFailed(fault)
        return get_user_model().objects.get(pk=ticket.member_id), ticket

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _named(subject: str | UUID) -> UUID | None:
    """The drop that the pass must be for; None for the address of a hold, which is looked for in the pass's own drop."""
    return None if isinstance(subject, UUID) else find_published(subject).pk


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


def find_published(id_or_slug: str) -> Drop:
    """The drop; raises NotFound for drafts too."""
    drop = find_drop(id_or_slug)
    if drop is None:
        raise no_such_drop()
    return drop


@extend_schema(
    operation_id="get_pass",
    summary="Get a pass before the drop opens",
    description="Does the slow checks in advance, so that `reserve` is fast. 403 names what is `missing`: "
    "`verified_email`, or `karma` (then with `karma_needed` and the `karma` you have).",
    tags=["drops"],
    request=None,
    responses={200: PassSerializer, **problem_responses(Closed, RateLimited)},
)
@api_view(["POST"])
@limited("pass")
def take_pass(request: Request, id: str) -> Response:
    """A pass for this member and drop."""
    drop = find_published(id)
    requirements.require(member_of(request), drop)
    moment = database_time()
    if drop.is_over_at(moment):
        raise Closed.of(drop)
    issued = give_pass(member_of(request), drop, session_key_of(request), at=moment)
    return Response({"pass": issued.text, "expires_at": iso(issued.expires_at), "server_time": iso(moment)})
