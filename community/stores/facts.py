"""What API and pages tell of stores."""

from typing import Any

from community.stores.models import Store


def store_facts(store: Store) -> dict[str, Any]:
    """The store as the list of stores tells it."""
    place = {"latitude": store.place.latitude, "longitude": store.place.longitude} if store.place else None
    return {**_store(store), "place": place}


def _store(store: Store) -> dict[str, Any]:
    return {"id": str(store.pk), "slug": store.slug, "name": store.name, "site": store.site, "city": store.city}
