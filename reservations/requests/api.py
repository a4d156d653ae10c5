"""`purchase-requests`: standing orders for coming drops. All is found through the member, so anyone else's is not there."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import Closed
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import ConcurrentUpdate, Invalid, NotFound, RateLimited
from dropshop.core.limits import limited
from dropshop.core.money import InvalidAmount, Money
from reservations.charges.errors import NotShippedThere
from reservations.holds.origins import origin_of
from reservations.payments.errors import AmountNotTaken
from reservations.queue.errors import QueueDrained
from reservations.requests import filing
from reservations.requests.draw_entries import entries_of
from reservations.requests.errors import AlreadyRequested, EnterTheDraw, RequestEnded, RequestsClosed
from reservations.requests.facts import REQUEST, request_facts, requests_facts
from reservations.requests.serializers import NewRequestSerializer, PurchaseRequestPage, PurchaseRequestSerializer

GET, POST, DELETE = ["GET"], ["POST"], ["DELETE"]
NEWEST_FIRST = ("-created_at", "id")


@extend_schema(
    methods=GET,
    operation_id="list_purchase_requests",
    summary="My purchase requests, newest first, and my entries in draws",
    tags=["purchase-requests"],
    parameters=[PageQuery],
    responses=PurchaseRequestPage,
)
@extend_schema(
    methods=POST,
    operation_id="file_purchase_request",
    summary="Ask for a pair of a coming drop",
    description="Until the drop starts, one for each drop. At the start it is carried out for you, by the same limits as "
    "everybody has, and paid by the saved payment method. It gives no advantage over people at the page.",
    tags=["purchase-requests"],
    request=NewRequestSerializer,
    responses={
        201: PurchaseRequestSerializer,
        **problem_responses(
            NotFound,
            Closed,
            RequestsClosed,
            EnterTheDraw,
            AlreadyRequested,
            QueueDrained,
            NotShippedThere,
            AmountNotTaken,
            ConcurrentUpdate,
            RateLimited,
        ),
    },
)
@api_view(["GET", "POST"], creates=REQUEST)
@limited("purchase-requests")
def purchase_requests(request: Request) -> Response:
    """My requests (GET), and one more (POST)."""
    member = member_of(request)
    if request.method != "POST":
        mine = member.purchase_requests.select_related("drop", "payment_method")
        answer = page(request, mine, requests_facts, ordering=NEWEST_FIRST)
        answer.data["entries"] = [listed.facts for listed in entries_of(member)]
        return answer
    said = validated(NewRequestSerializer(data=request.data))
    latest_price = _money(said.pop("latest_price", None))
    wanted = filing.StandingOrder(**said, latest_price=latest_price, origin=origin_of(request._request))
    made = filing.file(member, wanted)
    return Response(request_facts(filing.find(made.pk, member)), status=201)


def _money(given: Any) -> Money | None:
    try:
        return Money.parse(given["amount"], given["currency"]) if given else None
    except InvalidAmount as fault:
        raise Invalid(errors={"latest_price": [str(fault)]}) from None


@extend_schema(
    methods=GET,
    operation_id="get_purchase_request",
    summary="One of my purchase requests",
    tags=["purchase-requests"],
    responses=PurchaseRequestSerializer,
)
@extend_schema(
    methods=DELETE,
    operation_id="withdraw_purchase_request",
    summary="Withdraw a purchase request",
    description="Until the drop starts; in a queue as long as it waits. Also answers 204 when it was withdrawn before.",
    tags=["purchase-requests"],
    responses={204: None, **problem_responses(Closed, RequestsClosed, RequestEnded, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "DELETE"])
@limited("purchase-requests", methods=("DELETE",))
def purchase_request(request: Request, id: UUID) -> Response:
    """My request (GET), or the end of it (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        filing.withdraw(id, member=member)
        return Response(status=204)
    return Response(request_facts(filing.find(id, member)))
