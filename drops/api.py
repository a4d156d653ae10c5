"""Looking at drops: `drops`, `drops/live`, `drops/upcoming`, `drops/{id}`."""

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from drops import staff_api
from drops.errors import no_such_drop
from drops.facts import drop_facts, find_drop
from drops.models import Drop, Phase
from drops.plan_rules import AlreadyEnded
from drops.serializers import DropPage, DropQuery, DropSerializer, NewDropSerializer, PatchedDrop
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import asked

SOONEST_FIRST, NEWEST_FIRST = ("starts_at", "id"), ("-starts_at", "id")
ID = OpenApiParameter("id", {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, "path", description="Its id or its slug.")
GET, POST, PATCH = ["GET"], ["POST"], ["PATCH"]


def find_visible(request: Request, id_or_slug: str) -> Drop:
    """The drop; drafts only for staff who may see drops. Raises NotFound."""
    found = find_drop(id_or_slug, among=_visible(request))
    if found is None:
        raise no_such_drop()
    return found


def _visible(request: Request) -> Any:
    drops = Drop.objects.select_related("sneaker")
    return drops if request.user.is_staff and request.user.has_perm("drops.view_drop") else drops.published()


def _listed(request: Request, *phases: str) -> Response:
    drops = _visible(request).in_phase(*phases) if phases else _visible(request).published()
    ordering = SOONEST_FIRST if set(phases) & {Phase.LIVE, Phase.UPCOMING} else NEWEST_FIRST
    return page(request, drops, partial(drop_facts, viewer=request.user), ordering=ordering)


@extend_schema(
    methods=GET,
    operation_id="list_drops",
    summary="Drops",
    description="Newest first; live and upcoming ones soonest first.",
    tags=["drops"],
    parameters=[DropQuery],
    responses=DropPage,
)
@extend_schema(
    methods=POST,
    operation_id="create_drop",
    summary="Schedule a drop",
    description="For staff. Without `sizes` it is a one-size drop of `total` pairs (one, when that is left out too).",
    tags=["staff"],
    request=NewDropSerializer,
    responses={201: DropSerializer},
)
@api_view(["GET", "POST"], creates="drops/{id}")
@permission_classes([IsAuthenticatedOrReadOnly])
def drops(request: Request) -> Response:
    """The list (GET), or a new drop (POST)."""
    if request.method == "POST":
        return staff_api.create(request)
    phase = asked(request).get("phase")
    return _listed(request, *([phase] if phase else []))


@extend_schema(
    operation_id="list_live_drops",
    summary="Live drops",
    tags=["drops"],
    parameters=[PageQuery],
    responses=DropPage,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def live(request: Request) -> Response:
    """Open, with pairs that are not sold yet."""
    return _listed(request, Phase.LIVE)


@extend_schema(
    operation_id="list_upcoming_drops",
    summary="Upcoming drops",
    tags=["drops"],
    parameters=[PageQuery],
    responses=DropPage,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def upcoming(request: Request) -> Response:
    """Published and not open yet, soonest first."""
    return _listed(request, Phase.UPCOMING)


@extend_schema(
    methods=GET,
    operation_id="get_drop",
    summary="One drop, with its stock",
    description="Send the ETag back in `If-None-Match`: as long as nothing has changed, the answer is an empty 304.",
    tags=["drops"],
    parameters=[ID],
    responses=DropSerializer,
)
@extend_schema(
    methods=PATCH,
    operation_id="change_drop",
    summary="Change a drop's plan",
    description="For staff. Never writes counters: stock moves by `drops/{id}/stock`.",
    tags=["staff"],
    parameters=[ID],
    request=PatchedDrop,
    responses={200: DropSerializer, **problem_responses(AlreadyEnded)},
)
@api_view(["GET", "PATCH"])
@permission_classes([IsAuthenticatedOrReadOnly])
def drop(request: Request, id: str) -> Response:
    """The drop by its id or slug (GET), or its new plan (PATCH)."""
    if request.method == "PATCH":
        return staff_api.change(request, partial(find_visible, request, id))
    (facts,) = drop_facts([find_visible(request, id)], viewer=request.user)
    return Response(facts)
