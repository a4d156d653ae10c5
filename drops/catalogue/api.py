"""`sneakers` and `sneakers/{id}`."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from drops.catalogue.facts import sneaker_facts
from drops.catalogue.models import Sneaker
from drops.catalogue.search import named_by
from drops.catalogue.serializers import SneakerPage, SneakerQuery, SneakerSerializer
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.validation import asked
from dropshop.core.errors import NotFound


@extend_schema(
    operation_id="list_sneakers",
    summary="The catalogue",
    tags=["sneakers"],
    parameters=[SneakerQuery],
    responses=SneakerPage,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def sneakers(request: Request) -> Response:
    """By style code."""
    wanted = asked(request)
    found = named_by(Sneaker.objects.prefetch_related("pictures"), wanted.get("search", ""))
    if "brand" in wanted:
        found = found.filter(brand__iexact=wanted["brand"])
    return page(request, found, sneaker_facts, ordering=("style_code",))


@extend_schema(operation_id="get_sneaker", summary="One sneaker", tags=["sneakers"], responses=SneakerSerializer)
@api_view(["GET"])
@permission_classes([AllowAny])
def sneaker(request: Request, id: UUID) -> Response:
    """One entry of the catalogue."""
    found = Sneaker.objects.filter(pk=id).prefetch_related("pictures")
    if not found:
        raise NotFound("There is no such sneaker.")
    return Response(sneaker_facts(found)[0])
