"""`sneakers` and `sneakers/{id}`."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from drops.api.shapes import SneakerPage, SneakerSerializer
from drops.facts import sneaker_summary
from drops.models import Sneaker
from dropshop.api.paging import PARAMETERS, page
from dropshop.errors import Invalid, NotFound


class SneakerFilter(django_filters.FilterSet):
    """`brand` in any case, and `search` in all that names a sneaker."""

    brand = django_filters.CharFilter(lookup_expr="iexact")
    search = django_filters.CharFilter(method="find")

    def find(self, sneakers: QuerySet, name: str, text: str) -> QuerySet:
        """Every word of the text somewhere in brand, name, style code or colourway."""
        for word in text.split()[:8]:
            fields = ("brand", "name", "style_code", "colourway")
            found = Q()
            for field in fields:
                found |= Q(**{f"{field}__icontains": word})
            sneakers = sneakers.filter(found)
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
    parameters=[
        OpenApiParameter("brand", str, description="A brand, in any case."),
        OpenApiParameter("search", str, description="Words in brand, name, style code or colourway."),
        *PARAMETERS,
    ],
    responses=SneakerPage,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def sneakers(request: Request) -> Response:
    """By style code."""
    wanted = SneakerFilter(request.query_params, queryset=Sneaker.objects.prefetch_related("pictures"))
    if not wanted.is_valid():
        raise Invalid(errors={name: [str(word) for word in words] for name, words in wanted.errors.items()})
    return page(request, wanted.qs, sneaker_facts, ordering=("style_code",))


@extend_schema(operation_id="get_sneaker", summary="One sneaker", tags=["sneakers"], responses=SneakerSerializer)
@api_view(["GET"])
@permission_classes([AllowAny])
def sneaker(request: Request, id: UUID) -> Response:  # noqa: A002 - the contract's own word
    """One entry of the catalogue."""
    found = Sneaker.objects.filter(pk=id).prefetch_related("pictures")
    if not found:
        raise NotFound("There is no such sneaker.")
    return Response(sneaker_facts(found)[0])
