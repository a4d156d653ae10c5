"""`community/trades`: pairs for pairs. Only the two sides see a trade; for everybody else it is not there."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.accounts.linked_accounts import records_device
from community.trades import offers
from community.trades.errors import (
    AlreadyAccepted,
    AlreadyCountered,
    AlreadyRejected,
    AlreadyWithdrawn,
    Stale,
    TooManyOffers,
)
from community.trades.facts import described, trade_facts
from community.trades.finding import trades_of
from community.trades.serializers import OfferSerializer, TradeAnswerSerializer, TradePage, TradeQuery, TradeSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import asked, validated
from dropshop.core.errors import ConcurrentUpdate, NotFound, RateLimited
from dropshop.core.limits import limited

GET, POST, PUT = ["GET"], ["POST"], ["PUT"]
NAMES = {
    "accepted": offers.accept,
    "rejected": offers.reject,
    "withdrawn": offers.withdraw,
}


def one_of_mine(request: Request, trade_id: UUID) -> dict[str, Any]:
    """The trade as its two sides read it; NotFound for everybody else."""
    found = described(trades_of(member_of(request)).filter(pk=trade_id))
    if not found:
        raise NotFound("You have no such trade.")
    return trade_facts(found)[0]


@extend_schema(
    methods=GET,
    operation_id="list_trades",
    summary="My trades, newest first",
    tags=["community"],
    parameters=[TradeQuery],
    responses=TradePage,
)
@extend_schema(
    methods=POST,
    operation_id="offer_trade",
    summary="Offer pairs for pairs",
    description="The same offer again, while it waits for an answer, is answered with 200 and that offer.",
    tags=["community"],
    request=OfferSerializer,
    responses={201: TradeSerializer, 200: TradeSerializer, **problem_responses(TooManyOffers, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "POST"], creates="community/trades/{id}")
@limited("trade")
@records_device
def list_trades(request: Request) -> Response:
    """Those I am a side of (GET), and a new offer (POST)."""
    if request.method == "POST":
        return _offer(request)
    mine = trades_of(member_of(request))
    if "status" in asked(request):
        mine = mine.filter(status=asked(request)["status"])
    return page(request, described(mine), trade_facts, ordering=("-created_at", "-id"))


def _offer(request: Request) -> Response:
    me = member_of(request)
    made = offers.offer(me, **{"to": None, **validated(OfferSerializer(data=request.data, context={"member": me}))})
    return Response(one_of_mine(request, made.trade.pk), status=201 if made.created else 200)


@extend_schema(methods=GET, operation_id="get_trade", summary="One of my trades", tags=["community"], responses=TradeSerializer)
@extend_schema(
    methods=PUT,
    operation_id="answer_trade",
    summary="Accept, reject, counter or withdraw",
    description="A counter-offer is a trade of its own: `answered_by` names it. Repeating an answer changes nothing.",
    tags=["community"],
    request=TradeAnswerSerializer,
    responses={
        200: TradeSerializer,
        **problem_responses(
            AlreadyAccepted,
            AlreadyRejected,
            AlreadyCountered,
            AlreadyWithdrawn,
            Stale,
            ConcurrentUpdate,
            RateLimited,
        ),
    },
)
@api_view(["GET", "PUT"])
@limited("trade", methods=("PUT",))
@records_device
def trade(request: Request, id: UUID) -> Response:
    """The trade (GET), and my answer to it (PUT)."""
    if request.method == "PUT":
        _answer(request, id)
    return Response(one_of_mine(request, id))


def _answer(request: Request, trade_id: UUID) -> None:
    said, me = validated(TradeAnswerSerializer(data=request.data)), member_of(request)
    if said["status"] == "countered":
        terms = {side: said.get(side, []) for side in ("gives", "wants")}
        offers.counter(trade_id, by=me, message=said["message"], **terms)
    else:
        NAMES[said["status"]](trade_id, by=me)
