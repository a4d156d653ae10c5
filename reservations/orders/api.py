"""The API of orders: what I bought, where it is, and another address for it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from drops.errors import no_such_drop
from drops.models import Drop
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import faults_of
from dropshop.core.errors import ConcurrentUpdate, Invalid, NotFound, RateLimited, unknown_fields
from dropshop.core.ids import find_by_id_or_slug
from dropshop.core.limits import limited
from reservations.holds.api import NEWEST_FIRST
from reservations.holds.errors import LimitReached
from reservations.orders import readdress
from reservations.orders.errors import AlreadyPacked
from reservations.orders.serializers import OrderChangesSerializer
from reservations.purchases.addresses import check_address
from reservations.purchases.facts import purchase_facts, with_given_back
from reservations.purchases.pickup import place_facts, places_for
from reservations.purchases.serializers import PickupPlacePage, PurchasePage, PurchaseSerializer


def _purchases(request: Request) -> Any:
    return with_given_back(member_of(request).purchases.select_related("size"))


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


@extend_schema(
    methods=["GET"],
    operation_id="get_purchase",
    summary="One of my purchases",
    tags=["purchases"],
    responses=PurchaseSerializer,
)
@extend_schema(
    methods=["PATCH"],
    operation_id="change_purchase",
    summary="Send it to another address",
    description="Until it is packed; then `already_packed`.",
    tags=["purchases"],
    request=OrderChangesSerializer,
    responses={200: PurchaseSerializer, **problem_responses(AlreadyPacked, LimitReached, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH"])
@limited("account-change", methods=("PATCH",))
def purchase(request: Request, id: UUID) -> Response:
    """The purchase; changed, where an address is given."""
    if request.method == "PATCH":
        _change(request, id)
    found = _purchases(request).filter(pk=id).first()
    if found is None:
        raise NotFound("You have no such purchase.")
    return Response(purchase_facts(found))


@extend_schema(
    operation_id="list_pickup_places",
    summary="Where pairs of a drop can be collected",
    description="Buy with `address` {name, pickup}: who collects, and the number of the place.",
    tags=["purchases"],
    parameters=[PageQuery],
    responses=PickupPlacePage,
)
@api_view(["GET"])
def pickup_places(request: Request, id: str) -> Response:
    """Where the pairs of this drop can be collected, by name."""
    drop = find_by_id_or_slug(Drop.objects.published(), id)
    if drop is None:
        raise no_such_drop()
    return page(request, places_for(drop.pk), lambda rows: map(place_facts, rows), ordering=("name", "id"))


def _change(request: Request, order_id: UUID) -> None:
    body = request.data if isinstance(request.data, dict) else {}
    address = body.get("address")
    if errors := unknown_fields(body, ("address",)) | faults_of(check_address, address):
        raise Invalid(errors=errors)
    readdress.change_address(order_id, address, member=member_of(request))
