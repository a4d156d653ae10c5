"""Which reports somebody asks for: the filters of the API and of the page."""

from collections.abc import Mapping
from typing import Any

from community.restocks.facts import visible
from community.restocks.models import Restock
from community.stores.find import find_store
from drops.sizes.labels import possible_labels
from dropshop.core.errors import Invalid
from dropshop.core.ids import NOT_AN_ID, parse_id

FILTERS = ("status", "store", "sneaker", "size")


def filtered(asked: Mapping[str, Any]) -> Any:
    """The visible reports that the filters (`FILTERS`) leave. Raises Invalid, by field, for what no report can be."""
    found, errors = visible(), {}
    if status := asked.get("status"):
        found = found.filter(status=status)
        if status not in Restock.Status.values:
            errors["status"] = [f"One of {', '.join(Restock.Status.values)}."]
    if name := asked.get("store"):
        store = find_store(name, active=False) if name.isprintable() else None
        found = found.filter(store=store) if store else found.none()
    if sneaker := asked.get("sneaker"):
        pk = parse_id(sneaker)
        found = found.filter(sneaker=pk) if pk else found.none()
        if pk is None:
            errors["sneaker"] = [NOT_AN_ID]
    if size := asked.get("size", "").strip():
        found = found.filter(sizes__overlap=list(possible_labels(size)))
    if errors:
        raise Invalid(errors=errors)
    return found
