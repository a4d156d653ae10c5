"""`sneakers/{id}/prices`."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from community.pricing import prices
from community.pricing.serializers import PricesQuery, PricesSerializer
from drops.models import Sneaker
from drops.sizes.labels import size_label
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.validation import asked
from dropshop.core.errors import NotFound


@extend_schema(
    operation_id="get_sneaker_prices",
    summary="Market price of a sneaker",
    tags=["sneakers"],
    parameters=[PricesQuery],
    responses=PricesSerializer,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def sneaker_prices(request: Request, id: UUID) -> Response:
    """From sales here, stores' feeds and members' reports."""
    size = asked(request).get("size")
    sneaker = Sneaker.objects.filter(pk=id).first()
    if sneaker is None:
        raise NotFound("There is no such sneaker.")
    if size is not None:
        size = size_label(size, sneaker)
    worth = {known: value for known, value in prices.by_size(sneaker).items() if size is None or known == size}
    return Response(
        {
            "values": [{"size": known, **value.facts} for known, value in worth.items()],
            "prices": [known.facts for known in prices.history(sneaker, size)],
        }
    )
