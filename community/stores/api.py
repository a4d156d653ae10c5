"""The API of stores."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from community.stores.facts import store_facts
from community.stores.models import Store
from community.stores.serializers import StorePage
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page


@extend_schema(
    operation_id="list_stores", summary="Stores", tags=["restocks"], parameters=[PageQuery],
    responses=StorePage,
)  # fmt: skip
@api_view(["GET"])
@permission_classes([AllowAny])
def stores(request: Request) -> Response:
    """By name."""
    return page(request, Store.objects.filter(active=True), lambda rows: map(store_facts, rows), ordering=("name",))
