"""Finding a store by what people write."""

from uuid import UUID

from community.stores.models import Store


def find_store(name: str, *, active: bool = True) -> Store | None:
    """The store of this id or slug; None where there is none, or, unless `active` is False, where it is closed."""
    if "\0" in name:
        return None  # a stranger's text that PostgreSQL cannot even be asked for
    stores = Store.objects.filter(active=True) if active else Store.objects.all()
    try:
        return stores.filter(pk=UUID(name)).first()
    except ValueError:
        return stores.filter(slug=name).first()
