"""`drops/{id}/queue`: join, my place, other sizes, leave."""

from datetime import datetime

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import Closed
from drops.models import Drop, Mode, Size
from drops.staff_api import require
from drops.stock.size_run import require_size
from dropshop.core.api.authentication import member_of, session_key_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import RateLimited
from dropshop.core.limits import limited
from reservations.passes.api import find_published
from reservations.passes.tokens import queue_ticket
from reservations.queue import deeds
from reservations.queue import join as queue
from reservations.queue.control import control_facts
from reservations.queue.errors import NoQueue, NotQueued, QueueDrained
from reservations.queue.facts import places_of
from reservations.queue.serializers import ControlChangesSerializer, ControlSerializer, QueuePlaceSerializer, SizesSerializer

TICKET = "X-Queue-Ticket"  # of an answer, and of the next question: quicker than a sign-in
GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]


@extend_schema(
    methods=GET,
    operation_id="get_queue_place",
    summary="My place in a drop's queue",
    description="Ask again after `poll_after` seconds. The place is the same on every device, and never gets worse.",
    tags=["queue"],
    responses={200: QueuePlaceSerializer, **problem_responses(NotQueued)},
)
@extend_schema(
    methods=POST,
    operation_id="join_queue",
    summary="Join a drop's queue",
    description="Who is there before the start gets a random place at the start, whenever they came; later arrivals follow in "
    "order. 200 where you are in it already.",
    tags=["queue"],
    request=SizesSerializer,
    responses={
        200: QueuePlaceSerializer,
        201: QueuePlaceSerializer,
        **problem_responses(NoQueue, QueueDrained, Closed, RateLimited),
    },
)
@extend_schema(
    methods=PATCH,
    operation_id="change_queue_sizes",
    summary="Want other sizes",
    description="The place stays.",
    tags=["queue"],
    request=SizesSerializer,
    responses={200: QueuePlaceSerializer, **problem_responses(NotQueued)},
)
@extend_schema(
    methods=DELETE,
    operation_id="leave_queue",
    summary="Leave a queue, or give up my turn",
    description="Also answers 204 when you were not in it. Whoever joins again stands at the end.",
    tags=["queue"],
    responses={204: None},
)
@api_view(["GET", "POST", "PATCH", "DELETE"], creates="drops/{drop}/queue")
@limited("queue", methods=("POST", "PATCH", "DELETE"))
def place(request: Request, id: str) -> Response:
    """My place in this drop's queue."""
    drop, member = find_published(id), member_of(request)
    if request.method == "DELETE":
        queue.leave(member.pk, drop.pk)
        return Response(status=204)
    if request.method == "POST":
        joined = queue.join(member, drop, _sizes(request, drop))
        return _place(request, drop, status=201 if joined.created else 200, older=0)
    if request.method == "PATCH":
        queue.choose(member, drop, _sizes(request, drop))
        return _place(request, drop, older=0)
    return _place(request, drop)


@extend_schema(
    methods=GET,
    operation_id="get_queue_control",
    summary="How a queue is run",
    description="For staff who may run queues, with the newest deeds.",
    tags=["staff"],
    responses={200: ControlSerializer, **problem_responses(NoQueue)},
)
@extend_schema(
    methods=PATCH,
    operation_id="run_queue",
    summary="Set the rate, hold, go on, speak to those waiting, drain",
    description="For staff who may run queues. All of it or nothing; the reason is kept with who did it, and when.",
    tags=["staff"],
    request=ControlChangesSerializer,
    responses={200: ControlSerializer, **problem_responses(NoQueue, Closed)},
)
@api_view(["GET", "PATCH"])
def control(request: Request, id: str) -> Response:
    """How this drop's queue is run (GET), or a deed of staff (PATCH)."""
    require(request, "reservations.run_queue")
    drop = find_published(id)
    if drop.mode != Mode.QUEUE:
        raise NoQueue
    if request.method == "PATCH":
        changes = validated(ControlChangesSerializer(data=request.data))
        reason = changes.pop("reason")
        deeds.run(drop.pk, changes, by=member_of(request), reason=reason)
    return Response(control_facts(drop))


def _place(request: Request, drop: Drop, *, status: int = 200, **how: float) -> Response:
    """The member's place, with a ticket with which the desk tells it the next time."""
    member = member_of(request)
    places = places_of(drop, [member.pk], **how)
    if member.pk not in places:
        raise NotQueued
    told = Response(places[member.pk], status=status)
    told[TICKET] = queue_ticket(member, drop, session_key_of(request), at=datetime.fromisoformat(told.data["server_time"]))
    return told


def _sizes(request: Request, drop: Drop) -> list[Size]:
    wanted = validated(SizesSerializer(data=request.data)).get("sizes", [])
    return [require_size(drop, label) for label in wanted]
