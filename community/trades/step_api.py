"""What follows an accepted offer: `community/trades/{id}/sent`, `received`, `dispute` and `rating`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.accounts.linked_accounts import records_device
from community.trades import disputes, ratings, shipping
from community.trades.api import one_of_mine
from community.trades.serializers import DisputeSerializer, RatingSerializer, SentSerializer, TradeSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import ConcurrentUpdate, DropshopError, RateLimited
from dropshop.core.limits import limited


def _document(name: str, summary: str, takes: Any, *kinds: type[DropshopError]) -> Callable[..., Any]:
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=["community"],
        request=takes,
        responses={200: TradeSerializer, **problem_responses(*kinds, ConcurrentUpdate, RateLimited)},
    )


ON_ITS_WAY = (shipping.NotAccepted, shipping.Undone)


@_document("send_trade", "I have sent my pairs", SentSerializer, *ON_ITS_WAY)
@api_view(["POST"])
@limited("trade")
@records_device
def sent(request: Request, id: UUID) -> Response:
    """Said again, it corrects carrier and number until the shipment has arrived."""
    shipping.mark_sent(id, by=member_of(request), **validated(SentSerializer(data=request.data)))
    return Response(one_of_mine(request, id))


@_document("receive_trade", "I have received my pairs", None, *ON_ITS_WAY, shipping.NotSent)
@api_view(["POST"])
@limited("trade")
@records_device
def received(request: Request, id: UUID) -> Response:
    """When both sides have said so, the trade is complete."""
    shipping.mark_received(id, by=member_of(request))
    return Response(one_of_mine(request, id))


@_document("dispute_trade", "Ask staff to decide", DisputeSerializer, *ON_ITS_WAY, disputes.TooLate, disputes.AlreadyDecided)
@api_view(["POST"])
@limited("trade")
@records_device
def dispute(request: Request, id: UUID) -> Response:
    """Before completion, or within 14 days after it."""
    disputes.open_dispute(id, by=member_of(request), **validated(DisputeSerializer(data=request.data)))
    return Response(one_of_mine(request, id))


@_document("rate_trade", "Rate the other side", RatingSerializer, ratings.NotComplete, ratings.AlreadyRated)
@api_view(["POST"])
@limited("trade")
@records_device
def rating(request: Request, id: UUID) -> Response:
    """Once, after completion."""
    ratings.rate(id, by=member_of(request), **validated(RatingSerializer(data=request.data)))
    return Response(one_of_mine(request, id))
