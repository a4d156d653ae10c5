"""My holds and my purchases. Everything is found through the member, so anyone else's is not there."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.authentication import BearerAuthentication, CookieAuthentication, member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import refusals
from dropshop.core.clock import database_time_about, iso
from dropshop.core.errors import ConcurrentUpdate, DropshopError, NotFound, RateLimited
from dropshop.core.limits import limit
from reservations import asking, holds, idempotency
from reservations.api.once import REPLAYED, keeps_key, key_of
from reservations.api.passing import PassAuthentication
from reservations.api.patience import wait_for
from reservations.api.places import PURCHASE
from reservations.api.shapes import (
    BoughtSerializer,
    HeldSerializer,
    PurchasePage,
    PurchaseRequestSerializer,
    PurchaseSerializer,
    ReservationPage,
    ReservationSerializer,
)
from reservations.errors import (
    AlreadyCancelled,
    AlreadyPurchased,
    ConfirmationRequired,
    ExtensionUsed,
    HoldExpired,
    PaymentDeclined,
    PaymentUnanswered,
)
from reservations.facts import as_they_stand, purchase_facts, reservation_facts
from reservations.idempotency import Answer
from reservations.models import Purchase
from reservations.passes import Ticket
from reservations.purchases import Bought
from reservations.sales import Record

NEWEST_FIRST = ("-created_at", "id")
GET, DELETE = ["GET"], ["DELETE"]


def _reservations(request: Request) -> Any:
    return member_of(request).reservations.select_related("drop", "size")


def _purchases(request: Request) -> Any:
    return member_of(request).purchases.select_related("size")


@extend_schema(
    operation_id="list_reservations",
    summary="My reservations, newest first",
    tags=["reservations"],
    parameters=[PageQuery],
    responses=ReservationPage,
)
@api_view(["GET"])
def list_reservations(request: Request) -> Response:
    """Active ones and those that ended."""
    return page(request, _reservations(request), as_they_stand, ordering=NEWEST_FIRST)


@extend_schema(
    methods=GET,
    operation_id="get_reservation",
    summary="One of my reservations",
    tags=["reservations"],
    responses=ReservationSerializer,
)
@extend_schema(
    methods=DELETE,
    operation_id="cancel_reservation",
    summary="Give the pair back",
    description="Also answers 204 when it was given back before.",
    tags=["reservations"],
    responses={204: None, **refusals(AlreadyPurchased, ConcurrentUpdate, HoldExpired)},
)
@api_view(["GET", "DELETE"])
def reservation(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """My hold (GET), or the end of it (DELETE)."""
    if request.method == "DELETE":
        holds.cancel(id, member=request.user)
        return Response(status=204)
    found = _reservations(request).filter(pk=id).first()
    if found is None:
        raise NotFound("You have no such reservation.")
    return Response(as_they_stand([found])[0])


@extend_schema(
    operation_id="extend_reservation",
    summary="More time",
    description="Once per hold (the drop's `max_extensions`): another `hold_seconds`.",
    tags=["reservations"],
    request=None,
    responses={
        200: HeldSerializer,
        **refusals(ExtensionUsed, AlreadyPurchased, AlreadyCancelled, ConcurrentUpdate, HoldExpired),
    },
)
@api_view(["POST"])
def extend(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """The hold with its later expiry."""
    hold = holds.extend(id, member=request.user)
    return Response({"reservation": reservation_facts(hold), "server_time": iso(database_time_about())})


@keeps_key
@extend_schema(
    operation_id="purchase",
    summary="Buy the held pair",
    description="201 with the purchase; the same again: 200 with the same purchase. The price is that of the hold. "
    "A pass for its drop stands in for any other sign-in.",
    tags=["reservations"],
    request=PurchaseRequestSerializer,
    responses={
        200: BoughtSerializer,
        201: BoughtSerializer,
        **refusals(
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
def purchase(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """The sale. Its Idempotency-Key commits with it (H8): the provider is asked in between, so no one transaction holds all."""
    key = key_of(request)
    known = idempotency.recall(key)
    if known is not None:
        bought = Purchase.objects.select_related("size").get(pk=known.body["purchase"]["id"])
        return Response({"purchase": purchase_facts(bought)}, status=known.status, headers=REPLAYED)
    idempotency.begin(key)
    try:
        sold = _buy(request, id, record=lambda sale: idempotency.remember(key, Answer(201, {"purchase": purchase_facts(sale)})))
    except DropshopError:
        idempotency.forget(key)
        raise
    answer = Answer(201 if sold.created else 200, {"purchase": purchase_facts(sold.purchase)})
    if not sold.created:  # by this request; one with the same key may have sold it at the same moment
        known = idempotency.recall(key)
        if known is None:
            idempotency.remember(key, answer)
        else:
            answer = Answer(known.status, answer.body)
    return Response(answer.body, status=answer.status)


def _buy(request: Request, reservation_id: UUID, *, record: Record) -> Bought:
    """The sale; raises PaymentUnanswered where the bank is still being asked, for which this thread does not wait."""
    body = request.data if isinstance(request.data, dict) else {}
    member = member_of(request)
    order = asking.order(
        reservation_id,
        member.pk,
        address=body.get("address"),
        method=body.get("payment_method", ""),
        drop_id=request.auth.drop_id if isinstance(request.auth, Ticket) else None,
        sent=body,
    )
    drop_id = order.drop_id or member.reservations.filter(pk=reservation_id).values_list("drop", flat=True).first()
    if drop_id is None:
        raise NotFound("You have no such reservation.")
    attempt = asking.buy(order, drop_id=drop_id, admit=lambda: limit("purchase", request), record=record)
    if attempt.answer is None:
        wait_for(request, attempt, "api")
        raise asking.unanswered(attempt.payment)
    if isinstance(attempt.answer, DropshopError):
        raise attempt.answer
    return attempt.answer


@extend_schema(
    operation_id="list_purchases",
    summary="My purchases, newest first",
    tags=["purchases"],
    parameters=[PageQuery],
    responses=PurchasePage,
)
@api_view(["GET"])
def list_purchases(request: Request) -> Response:
    """What I bought."""
    return page(request, _purchases(request), lambda rows: map(purchase_facts, rows), ordering=NEWEST_FIRST)


@extend_schema(operation_id="get_purchase", summary="One of my purchases", tags=["purchases"], responses=PurchaseSerializer)
@api_view(["GET"])
def get_purchase(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """The purchase."""
    found = _purchases(request).filter(pk=id).first()
    if found is None:
        raise NotFound("You have no such purchase.")
    return Response(purchase_facts(found))
