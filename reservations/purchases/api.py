"""The API of purchases: buy what is held."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.authentication import BearerAuthentication, CookieAuthentication, member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import asked
from dropshop.core.clock import database_time
from dropshop.core.errors import ConcurrentUpdate, DropshopError, NotFound, RateLimited
from dropshop.core.limits import limit
from reservations.charges.arrival import arrival
from reservations.charges.errors import NotShippedThere, TotalChanged
from reservations.charges.facts import charges_facts
from reservations.holds.errors import AlreadyCancelled, HoldExpired, LimitReached
from reservations.idempotency import keys
from reservations.idempotency.api import REPLAYED, keeps_key, key_of
from reservations.idempotency.keys import RequestKey
from reservations.passes.api import PassAuthentication
from reservations.passes.tokens import PassClaims
from reservations.payments.errors import AmountNotTaken, ConfirmationRequired, PaymentDeclined, PaymentUnanswered
from reservations.purchases import ask_bank
from reservations.purchases.attempts import PurchaseResult
from reservations.purchases.costs import collecting_costs, costs_of
from reservations.purchases.facts import PURCHASE, purchase_facts
from reservations.purchases.keyed import KeyInUse, sales_of
from reservations.purchases.serializers import BoughtSerializer, BuySerializer, CostsQuery, CostsSerializer
from reservations.purchases.standing import unanswered
from reservations.purchases.waiting import wait_for

TRIES = 3  # where others are at work under the key


@keeps_key
@extend_schema(
    operation_id="purchase",
    summary="Buy the held pair",
    description="201 with the purchase; the same again: 200 with the same purchase. The price is that of the hold, and "
    "`charges` says what comes with it. Where `total` is sent, no other sum is paid. "
    "A pass for its drop stands in for any other sign-in.",
    tags=["reservations"],
    request=BuySerializer,
    responses={
        200: BoughtSerializer,
        201: BoughtSerializer,
        **problem_responses(
            NotShippedThere,
            AmountNotTaken,
            TotalChanged,
            LimitReached,
            PaymentDeclined,
            ConfirmationRequired,
            PaymentUnanswered,
            AlreadyCancelled,
            ConcurrentUpdate,
            HoldExpired,
            RateLimited,
        ),
    },
)
@api_view(["POST"], creates=PURCHASE)
@authentication_classes([PassAuthentication, BearerAuthentication, CookieAuthentication])
def purchase(request: Request, id: UUID) -> Response:
    """The sale. Its Idempotency-Key commits with it (H8, `purchases.keyed`)."""
    key = key_of(request)
    for _ in range(TRIES):
        if (known := keys.recall(key)) is not None:
            (bought,) = sales_of([known]).values()
            return Response({"purchase": purchase_facts(bought)}, status=known.status, headers=REPLAYED)
        try:
            sold = _buy(request, id, key)
        except KeyInUse:
            keys.wait_for(cast(RequestKey, key))
        else:
            return Response({"purchase": purchase_facts(sold.purchase)}, status=sold.status)
    raise KeyInUse


def _buy(request: Request, reservation_id: UUID, key: RequestKey | None) -> PurchaseResult:
    """The sale; raises PaymentUnanswered where the bank is still being asked, for which this thread does not wait."""
    body = request.data if isinstance(request.data, dict) else {}
    member = member_of(request)
    intent = ask_bank.intent(
        reservation_id,
        member.pk,
        address=body.get("address"),
        method=body.get("payment_method", ""),
        total=body.get("total"),
        keep=body.get("keep", False),
        drop_id=request.auth.drop_id if isinstance(request.auth, PassClaims) else None,
        sent=body,
    )
    drop_id = intent.drop_id or member.reservations.filter(pk=reservation_id).values_list("drop", flat=True).first()
    if drop_id is None:
        raise NotFound("You have no such reservation.")
    attempt = ask_bank.buy(intent, drop_id=drop_id, admit=lambda: limit("purchase", request), key=key)
    if attempt.answer is None:
        wait_for(request, attempt, "api")
        raise unanswered(attempt.payment)
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer


@extend_schema(
    operation_id="get_charges",
    summary="What the held pair costs there",
    description="Price, shipping and tax for an address in this country, or for who collects: what a purchase charges now.",
    tags=["reservations"],
    parameters=[CostsQuery],
    responses={200: CostsSerializer, **problem_responses(NotShippedThere, AmountNotTaken)},
)
@api_view(["GET"])
def charges(request: Request, id: UUID) -> Response:
    """The costs and their total."""
    wanted = asked(request)
    hold = member_of(request).reservations.select_related("drop").filter(pk=id).first()
    if hold is None:
        raise NotFound("You have no such reservation.")
    place = wanted["pickup"]
    costs = collecting_costs(hold, place) if place else costs_of(hold, country=wanted["country"], state=wanted["state"])
    arrives = {"arrives": arrival(costs.days, database_time()).facts} if costs.days else {}
    return Response({**charges_facts(costs), "total": costs.total.facts, **arrives})
