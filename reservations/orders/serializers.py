"""Orders as the API describes them."""

from dropshop.core.api.serializers import Shape
from reservations.purchases.serializers import DestinationField


class OrderChangesSerializer(Shape):
    """Read by `check_address`, as the address of a purchase is; this is for the document."""

    address = DestinationField()
