"""`restocks`, what members say of them, and `stores`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from community.accounts.linked_accounts import records_device
from community.restocks import reports as restocks
from community.restocks import votes
from community.restocks.facts import restock_facts, visible
from community.restocks.models import Restock
from community.restocks.search import filtered
from community.restocks.serializers import (
    ReportedSerializer,
    ReportSerializer,
    RestockPage,
    RestockQuery,
    RestockSerializer,
    SeenSizesSerializer,
)
from community.restocks.votes import NotIndependent, OwnReport, RestockEnded
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.serializers import price_in
from dropshop.core.api.validation import asked, validated
from dropshop.core.errors import ConcurrentUpdate, Forbidden, NotFound, RateLimited
from dropshop.core.limits import limited

NEWEST_FIRST = ("-created_at", "-id")


def _one(restock: Restock, request: Request) -> dict[str, Any]:
    return {"restock": restock_facts([restock], request.user)[0]}


@extend_schema(
    methods=["GET"],
    operation_id="list_restocks",
    summary="Reports, newest first",
    tags=["restocks"],
    parameters=[RestockQuery],
    responses=RestockPage,
)
@extend_schema(
    methods=["POST"],
    operation_id="report_restock",
    summary="Report a restock",
    description="201 with a new report. 200 with the open report if somebody has already reported this sneaker in this store: "
    "your sizes are added to it, and yours counts as a confirmation if you are independent of the reporter.",
    tags=["restocks"],
    request=ReportSerializer,
    responses={200: ReportedSerializer, 201: ReportedSerializer, **problem_responses(Forbidden, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "POST"], creates="restocks/{restock[id]}")
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("restock")
@records_device
def reports(request: Request) -> Response:
    """Everybody reads; members report."""
    if request.method == "GET":
        return page(request, filtered(asked(request)), lambda rows: restock_facts(rows, request.user), ordering=NEWEST_FIRST)
    member = member_of(request)
    facts = validated(ReportSerializer(data=request.data, context={"member": member}))
    sneaker = facts["sneaker"]
    reported = restocks.report(
        facts["store"],
        sneaker,
        member=member,
        sizes=facts["sizes"],
        price=price_in(facts["price"], sneaker.currency) if "price" in facts else None,
        link=facts.get("link", ""),
        note=facts.get("note", ""),
    )
    return Response(_one(reported.restock, request), status=201 if reported.created else 200)


@extend_schema(operation_id="get_restock", summary="One report", tags=["restocks"], responses=RestockSerializer)
@api_view(["GET"])
@permission_classes([AllowAny])
def restock(request: Request, id: UUID) -> Response:
    """The report; NotFound for one that a moderator has hidden."""
    found = visible().filter(pk=id).first()
    if found is None:
        raise NotFound("There is no such report.")
    return Response(restock_facts([found], request.user)[0])


def _saying(word: str, summary: str, description: str, deed: Callable[..., Restock], *, takes: Any = None) -> Any:
    """A view that says something of a report; `takes` is the serializer of what may be said with it."""

    @extend_schema(
        operation_id=f"{word}_restock",
        summary=summary,
        description=f"{description} Repeating it changes nothing; if a member changes the answer, the newest counts.",
        tags=["restocks"],
        request=takes,
        responses={
            200: ReportedSerializer,
            **problem_responses(OwnReport, NotIndependent, Forbidden, RestockEnded, ConcurrentUpdate, RateLimited),
        },
    )
    @api_view(["POST"])
    @limited("vote")
    @records_device
    def say(request: Request, id: UUID) -> Response:
        said = validated(takes(data=request.data)) if takes else {}
        return Response(_one(deed(id, member=member_of(request), **said), request))

    return say


confirm = _saying(
    "confirm",
    "I saw it too",
    "Two independent members, or staff, confirm a report, size by size. Then its reporter and its confirmers earn karma.",
    votes.confirm,
    takes=SeenSizesSerializer,
)
dispute = _saying(
    "dispute",
    "I did not find it",
    "Two independent members who weigh no less than those who confirm, or staff, dispute a report; its points are taken back.",
    votes.dispute,
)
gone = _saying("gone", "It is sold out", "Its reporter, two independent members, or staff end a report.", votes.gone)
