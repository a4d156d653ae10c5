"""From what somebody wrote (API or form) to the thing that is followed."""

from collections.abc import Mapping
from typing import Any

from community.people import relations
from community.people.models import Member
from community.stores.find import find_store
from drops.models import Sneaker
from dropshop.core.errors import Invalid
from dropshop.core.ids import find_by_id


def follow_target(given: Mapping[str, Any], *, viewer: Member) -> dict[str, Any]:
    """What `follows.follow` takes. Raises Invalid for a store or sneaker that is not there, NotFound for a member."""
    thing: dict[str, Any] = {"size": given.get("size") or ""}
    if name := given.get("store"):
        thing["store"] = _there(find_store(str(name), active=False), "store")
    if name := given.get("sneaker"):
        thing["sneaker"] = _there(find_by_id(Sneaker.objects.all(), name), "sneaker")
    if name := given.get("member"):
        thing["member"] = relations.find_member(str(name), viewer=viewer)
    return thing


def _there(found: Any, field: str) -> Any:
    if found is None:
        raise Invalid(errors={field: [f"There is no such {field}."]})
    return found
