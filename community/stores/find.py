"""Finding a store by what people write."""

from community.stores.models import Store
from dropshop.core.ids import find_by_id_or_slug


def find_store(name: str, *, active: bool = True) -> Store | None:
    """The store of this id or slug; None where there is none, or, unless `active` is False, where it is closed."""
    return find_by_id_or_slug(Store.objects.filter(active=True) if active else Store.objects.all(), name)
