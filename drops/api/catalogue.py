"""`sneakers` and `sneakers/{id}`."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from drops.api.shapes import SneakerPage, SneakerQuery, SneakerSerializer
from drops.facts import sneaker_summary
from drops.models import Sneaker
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.validation import asked
from dropshop.core.errors import NotFound

NAMED_BY = ("brand", "name", "style_code", "colourway")


def named_by(sneakers: QuerySet, text: str) -> QuerySet:
    """Those that have every word of the text somewhere in what names them."""
    for word in text.split()[:8]:
        sneakers = sneakers.filter(Q(*((f"{field}__icontains", word) for field in NAMED_BY), _connector=Q.OR))
    return sneakers


def sneaker_facts(sneakers: Iterable[Sneaker]) -> list[dict[str, Any]]:
    """The sneakers as the API describes them; prefetch their pictures."""
    return [
        {
            **sneaker_summary(sneaker),
            "description": sneaker.description,
            "release_date": sneaker.release_date.isoformat() if sneaker.release_date else None,
            "retail_price": sneaker.money.facts,
            "size_system": sneaker.size_system,
            "tint": sneaker.tint,
            "pictures": [{"url": picture.image.url, "alt": picture.alt} for picture in sneaker.pictures.all()],
        }
        for sneaker in sneakers
    ]


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
def sneaker(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """One entry of the catalogue."""
    found = Sneaker.objects.filter(pk=id).prefetch_related("pictures")
    if not found:
        raise NotFound("There is no such sneaker.")
    return Response(sneaker_facts(found)[0])
