"""`events`, `events/{id}` and the answer to an invitation."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from community.events import hosting
from community.events.facts import SOONEST, event_facts, find_event, upcoming, visible_to
from community.events.hosting import BelowGoing, EventCancelled, EventStarted, OwnEvent
from community.events.models import Event
from community.events.serializers import (
    EventChangesSerializer,
    EventPage,
    EventQuery,
    EventSerializer,
    PatchedEvent,
    RsvpSerializer,
)
from community.places.nearby import NEAREST, nearest
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import opened, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import asked, validated
from dropshop.core.errors import ConcurrentUpdate, RateLimited
from dropshop.core.limits import limited

DEFAULT_RADIUS_KM = 50.0  # kilometres, where nobody says how far
GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]


@extend_schema(
    methods=GET,
    operation_id="list_events",
    summary="Current and upcoming events",
    description="By start; with `near`, those within the radius, nearest first, then by start.",
    tags=["events"],
    parameters=[EventQuery],
    responses=EventPage,
)
@extend_schema(
    methods=POST,
    operation_id="host_event",
    summary="Host an event",
    tags=["events"],
    request=EventChangesSerializer,
    responses={201: EventSerializer, **problem_responses(RateLimited)},
)
@api_view(["GET", "POST"], creates="events/{id}")
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("event")
def events_list(request: Request) -> Response:
    """The list (GET), and a new one (POST)."""
    if request.method == "POST":
        hosted = hosting.host(member_of(request), **validated(EventChangesSerializer(data=request.data)))
        return _event_response(request, hosted, status=201)
    found = upcoming(visible_to(request.user))
    ordering: tuple[str, ...] = SOONEST
    wanted = asked(request)
    if "near" in wanted:
        km, begins = wanted.get("radius_km", DEFAULT_RADIUS_KM), opened(request)
        found, ordering = nearest(found, wanted["near"], km, rows=wanted["page_size"], cursor=begins), NEAREST
    return page(request, found, lambda rows: event_facts(rows, viewer=request.user), ordering=ordering)


@extend_schema(methods=GET, operation_id="get_event", summary="One event", tags=["events"], responses=EventSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_event",
    summary="Change my event",
    description="Before it begins. Guests are told of a new time or place. A new city without coordinates means its centre. A "
    "higher capacity gives places to those who wait, in order.",
    tags=["events"],
    request=PatchedEvent,
    responses={
        200: EventSerializer,
        **problem_responses(EventStarted, EventCancelled, BelowGoing, ConcurrentUpdate, RateLimited),
    },
)
@extend_schema(
    methods=DELETE,
    operation_id="cancel_event",
    summary="Cancel my event",
    description="Its guests are told. If it is already cancelled: 204 again.",
    tags=["events"],
    responses={204: None, **problem_responses(EventStarted, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("event", methods=("PATCH", "DELETE"))
def event(request: Request, id: UUID) -> Response:
    """One (GET), what its host changes about it (PATCH), and cancelling it (DELETE)."""
    found = find_event(id, viewer=request.user)
    if request.method == "PATCH":
        changes = validated(EventChangesSerializer(data=request.data, partial=True))
        return _event_response(request, hosting.change(found.pk, changes, by=member_of(request)))
    if request.method == "DELETE":
        hosting.cancel(found.pk, by=member_of(request))
        return Response(status=204)
    return _event_response(request, found)


@extend_schema(
    methods=POST,
    operation_id="join_event",
    summary="I am going",
    description="`going` while there is room, otherwise `waiting` in the order of requests. Repeating it changes nothing.",
    tags=["events"],
    request=None,
    responses={200: RsvpSerializer, **problem_responses(EventStarted, EventCancelled, OwnEvent, ConcurrentUpdate, RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="decline_event",
    summary="I am not going",
    description="The place goes to the first of those who wait.",
    tags=["events"],
    responses={200: RsvpSerializer, **problem_responses(EventStarted, EventCancelled, OwnEvent, ConcurrentUpdate, RateLimited)},
)
@api_view(["POST", "DELETE"])
@limited("vote", methods=("POST", "DELETE"))
def rsvp(request: Request, id: UUID) -> Response:
    """My answer to the invitation, and my place in the line."""
    found = find_event(id, viewer=request.user)
    said = hosting.answer(found.pk, member_of(request), going=request.method == "POST")
    (facts,) = event_facts([found], viewer=request.user)
    return Response({"event": facts, "status": said.status, "place_in_line": hosting.place_in_line(said)})


def _event_response(request: Request, found: Event, status: int = 200) -> Response:
    (facts,) = event_facts([found], viewer=request.user)
    return Response(facts, status=status)
