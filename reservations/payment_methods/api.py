"""`payment-methods`: the cards I pay with. Everything is found through the member, so anyone else's is not there."""

from collections.abc import Mapping
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import ConcurrentUpdate, RateLimited
from dropshop.core.limits import limited
from dropshop.core.members import Member
from reservations.idempotency.api import REPLAYED, keeps_key, key_of
from reservations.idempotency.keys import RequestKey, StoredResponse, run_once
from reservations.payment_methods import saved, set_up
from reservations.payment_methods.errors import MethodDeclined, TooManyMethods
from reservations.payment_methods.facts import method_facts
from reservations.payment_methods.models import SavedMethod
from reservations.payment_methods.serializers import (
    MethodChangesSerializer,
    NewMethodSerializer,
    SavedMethodPage,
    SavedMethodSerializer,
)
from reservations.payments.errors import ConfirmationRequired

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]
FIRST_THEN_NEWEST = ("-is_default", "-created_at", "id")


@keeps_key
@extend_schema(
    methods=GET,
    operation_id="list_payment_methods",
    summary="My cards, the one that is used first first",
    tags=["payment-methods"],
    parameters=[PageQuery],
    responses=SavedMethodPage,
)
@extend_schema(
    methods=POST,
    operation_id="add_payment_method",
    summary="Save a card",
    description="By the token of the provider's own form; the card is set up at the provider for nothing. 201: it pays. 202: "
    "the provider has not answered yet, look again. 402 `confirmation_required`: confirm it at `confirm_url`. The same "
    "again goes on with the same card. At most 20.",
    tags=["payment-methods"],
    request=NewMethodSerializer,
    responses={
        201: SavedMethodSerializer,
        202: SavedMethodSerializer,
        **problem_responses(MethodDeclined, ConfirmationRequired, TooManyMethods, ConcurrentUpdate, RateLimited),
    },
)
@api_view(["GET", "POST"], creates="payment-methods/{id}")
@limited("payment-methods")
def payment_methods(request: Request) -> Response:
    """My cards (GET), and one more (POST)."""
    member = member_of(request)
    if request.method != "POST":
        return page(request, saved.methods_of(member), lambda rows: map(method_facts, rows), ordering=FIRST_THEN_NEWEST)
    entered = validated(NewMethodSerializer(data=request.data))["token"]
    return _add(member, entered, key_of(request))


def _add(member: Member, entered: str, key: RequestKey | None) -> Response:
    """The key commits with the card; the provider is asked after that, and never in a transaction."""
    new: list[bool] = []

    def begin() -> StoredResponse:
        new.append(True)
        return StoredResponse(201, {"id": str(saved.begin(member, entered).pk)})

    begun = run_once(key, begin).body["id"]
    set_up.ask(saved.find(begun, member))
    return _begun(saved.find(begun, member), headers={} if new else REPLAYED)


def _begun(method: SavedMethod, headers: Mapping[str, str]) -> Response:
    """How it stands with a card that is to be saved."""
    if method.status == SavedMethod.Status.DECLINED:
        raise MethodDeclined(method.note)
    if method.status == SavedMethod.Status.CONFIRMING:
        raise ConfirmationRequired("Your bank wants you to confirm this card.", confirm_url=method.confirm_url)
    is_ready = method.status == SavedMethod.Status.READY
    return Response(method_facts(method), status=201 if is_ready else 202, headers=headers)


@extend_schema(
    methods=GET,
    operation_id="get_payment_method",
    summary="One of my cards",
    tags=["payment-methods"],
    responses=SavedMethodSerializer,
)
@extend_schema(
    methods=PATCH,
    operation_id="change_payment_method",
    summary="Use one of my cards first",
    tags=["payment-methods"],
    request=MethodChangesSerializer,
    responses={200: SavedMethodSerializer, **problem_responses(ConcurrentUpdate, RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_payment_method",
    summary="Remove one of my cards",
    description="It pays no more at once; the provider is asked to forget it, until it has.",
    tags=["payment-methods"],
    responses={204: None, **problem_responses(ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@limited("payment-methods", methods=("PATCH", "DELETE"))
def payment_method(request: Request, id: UUID) -> Response:
    """My card (GET), whether it is used first (PATCH), and the end of it (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        saved.remove(id, member)
        return Response(status=204)
    if request.method == "PATCH":
        first = validated(MethodChangesSerializer(data=request.data))["is_default"]
        return Response(method_facts(saved.use_first(id, member, first=first)))
    return Response(method_facts(saved.find(id, member)))
