"""`drops/{id}/entries`: my entry; `drops/{id}/draw`: what anybody may know of the draw; and the deeds of staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from drops.api import ID
from drops.errors import Closed, NotOpen
from drops.models import Drop
from drops.staff_api import require
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import NotFound, RateLimited
from dropshop.core.limits import limited
from dropshop.core.members import Member
from reservations.draws import deeds, entries
from reservations.draws.deeds import draw_of_drop
from reservations.draws.errors import (
    AlreadyEntered,
    BeaconRefused,
    CardNotReady,
    GroupFull,
    InUse,
    NotADraw,
    StepRefused,
)
from reservations.draws.facts import draw_facts, entry_facts
from reservations.draws.serializers import (
    DiceSerializer,
    DrawDeedSerializer,
    DrawEntrySerializer,
    DrawSerializer,
    GivenBeaconSerializer,
    LoyaltySerializer,
    NewEntrySerializer,
)
from reservations.idempotency.api import REPLAYED, keeps_key, key_of
from reservations.idempotency.keys import StoredResponse, recall, run_once
from reservations.passes.api import find_published
from reservations.payment_methods.errors import MethodDeclined
from reservations.payments.errors import ConfirmationRequired

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]


@keeps_key
@extend_schema(
    methods=GET,
    operation_id="get_draw_entry",
    summary="My entry in a drop's draw",
    tags=["draws"],
    responses=DrawEntrySerializer,
)
@extend_schema(
    methods=POST,
    operation_id="enter_draw",
    summary="Enter a drop's draw",
    description="One entry per member, per address and per card. The card is set up for nothing, and charged only if you win. "
    "You may withdraw until it closes, and enter anew.",
    tags=["draws"],
    request=NewEntrySerializer,
    responses={
        201: DrawEntrySerializer,
        **problem_responses(
            *(NotADraw, NotOpen, Closed, AlreadyEntered, InUse, GroupFull, MethodDeclined, ConfirmationRequired, CardNotReady),
            RateLimited,
        ),
    },
)
@extend_schema(
    methods=DELETE,
    operation_id="withdraw_draw_entry",
    summary="Withdraw my entry",
    description="Also answers 204 when it was withdrawn before. After close its leaf stays in the list, and it wins nothing. "
    "Whoever has won gives back the pair that is held for them instead.",
    tags=["draws"],
    responses={204: None, **problem_responses(StepRefused)},
)
@api_view(["GET", "POST", "DELETE"], creates="drops/{drop}/entries")
@limited("draw-entries", methods=("POST", "DELETE"))
def entry(request: Request, id: str) -> Response:
    """My entry (GET), a new one (POST), and its end (DELETE)."""
    drop, member = find_published(id), member_of(request)
    if request.method == "DELETE":
        entries.withdraw(member, drop)
        return Response(status=204)
    if request.method == "POST":
        return _enter(request, member, drop)
    mine = entries.entry_of(member, drop)
    if mine is None:
        raise NotFound("You have not entered this draw.")
    return Response(entry_facts(mine))


def _enter(request: Request, member: Member, drop: Drop) -> Response:
    """The card's bank is asked before anything is written down; the key commits with the entry."""
    said, key = validated(NewEntrySerializer(data=request.data)), key_of(request)
    before = recall(key)
    if before is not None:
        return Response(before.body, status=before.status, headers=REPLAYED)
    wish = entries.prepare(member, drop, **said)
    made = run_once(key, lambda: StoredResponse(201, entry_facts(entries.enter_with(wish, member))))
    return Response(made.body, status=made.status)


@extend_schema(
    methods=GET,
    operation_id="get_draw",
    summary="A drop's draw, and what proves it",
    description="For everybody who sees the drop. From the files anybody can compute it again (docs/draws.md).",
    tags=["draws"],
    parameters=[ID],
    responses={200: DrawSerializer, **problem_responses(NotADraw)},
)
@extend_schema(
    methods=PATCH,
    operation_id="set_draw_loyalty",
    summary="Set whether fair losses count",
    description="For staff, before the first entry.",
    tags=["staff"],
    request=LoyaltySerializer,
    responses={200: DrawSerializer, **problem_responses(NotADraw, StepRefused)},
)
@api_view(["GET", "PATCH"])
@permission_classes([AllowAny])
def draw(request: Request, id: str) -> Response:
    """The draw (GET), and a rule of it (PATCH)."""
    if request.method == "PATCH":
        require(request, "drops.change_drop")
        said = validated(LoyaltySerializer(data=request.data))
        changed = deeds.set_loyalty(_draw(id), loyalty=said["loyalty"], by=member_of(request), reason=said["reason"])
        return Response(draw_facts(changed))
    drop = find_published(id)
    if not drop.may_enter(request.user):
        raise NotFound("There is no such drop.")
    return Response(draw_facts(draw_of_drop(drop)))


@extend_schema(
    operation_id="throw_draw_dice",
    summary="Enter the dice of a draw",
    description="For staff, once the draw has come to its last fall-back: two people enter the same throw.",
    tags=["staff"],
    request=DiceSerializer,
    responses={200: DrawSerializer, **problem_responses(NotADraw, StepRefused, BeaconRefused)},
)
@api_view(["POST"])
def dice(request: Request, id: str) -> Response:
    """What one of staff has thrown."""
    require(request, "reservations.throw_dice")
    said = validated(DiceSerializer(data=request.data))
    deeds.throw_dice(_draw(id), by=member_of(request), dice=said["dice"], reason=said["reason"])
    return Response(draw_facts(_draw(id)))


@extend_schema(
    operation_id="give_draw_beacon",
    summary="Give a draw its beacon",
    description="For staff of a shop that cannot reach drand: the named round with its signature, which is checked.",
    tags=["staff"],
    request=GivenBeaconSerializer,
    responses={200: DrawSerializer, **problem_responses(NotADraw, StepRefused, BeaconRefused)},
)
@api_view(["POST"])
def beacon(request: Request, id: str) -> Response:
    """The named round."""
    require(request, "reservations.throw_dice")
    said = validated(GivenBeaconSerializer(data=request.data))
    given: dict[str, Any] = {"number": said["round"], "signature": said["signature"], "reason": said["reason"]}
    return Response(draw_facts(deeds.give_beacon(_draw(id), by=member_of(request), **given)))


@extend_schema(
    operation_id="call_off_draw",
    summary="Call a draw off",
    description="For staff, until it is drawn; before close the drop is called off with it.",
    tags=["staff"],
    request=DrawDeedSerializer,
    responses={200: DrawSerializer, **problem_responses(NotADraw, StepRefused)},
)
@api_view(["POST"])
def call_off(request: Request, id: str) -> Response:
    """Nobody wins."""
    require(request, "drops.call_off_drop")
    said = validated(DrawDeedSerializer(data=request.data))
    return Response(draw_facts(deeds.call_off(_draw(id), by=member_of(request), reason=said["reason"])))


def _draw(id: str) -> Any:
    found: Drop = find_published(id)
    return draw_of_drop(found)
