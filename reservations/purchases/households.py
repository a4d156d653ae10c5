"""Members who have pairs sent to one place, or have saved it: to whoever counts independent members they are one household.

While the field keys rotate, two who are stored under different keys are not seen as one until `manage.py rotate_field_keys` is
done.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from reservations.addresses.models import SavedAddress
from reservations.purchases.models import Purchase


def places_of(members: Collection[Any]) -> set[tuple[UUID, str]]:
    """The places of these members, by their ids: each with the hash that others of the place have, too."""
    return _rows(member__in=list(members), place_hash__gt="")


def share_a_place_with(member: Any, *, among: Iterable[Any] | None = None) -> set[UUID]:
    """The ids of the other members at a place of this one (an instance or an id); `among` these, where that is given."""
    mine = getattr(member, "pk", member)
    wanted: dict[str, Any] = {"place_hash__in": {place for _, place in places_of([mine])}}
    if among is not None:
        wanted["member__in"] = list(among)
    return {other for other, _ in _rows(**wanted)} - {mine} if wanted["place_hash__in"] else set()


def _rows(**wanted: Any) -> set[tuple[UUID, str]]:
    sold = Purchase.objects.filter(**wanted).order_by().values_list("member_id", "place_hash")
    saved = SavedAddress.objects.filter(**wanted).order_by().values_list("member_id", "place_hash")
    return {(member, str(place)) for member, place in sold.union(saved)}
