"""Collecting a pair instead of having it sent: the places that are offered, found before any lock is taken.

Stored is an address like any other, that of the place with the name of who collects; `pickup` is the number of the place,
and `place` its name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from dropshop.core.errors import Invalid
from reservations.addresses.lines import LINES
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.models import PickupPlace
from reservations.purchases.standing import refuse_each

Address = Mapping[str, str]
WHERE = ("street", "city", "state", "zip_code", "country")  # the lines that a place has
NOT_OFFERED = "This drop cannot be collected there."


def is_collected(address: Address) -> bool:
    """Whether what goes to this address is collected."""
    return "pickup" in address


def places_for(drop: UUID) -> QuerySet[PickupPlace]:
    """Where pairs of this drop can be collected."""
    return PickupPlace.objects.filter(drops=drop, is_open=True)


def place_facts(place: PickupPlace) -> dict[str, Any]:
    """The place, for the API."""
    return {"id": place.pk, "name": place.name, "hours": place.hours} | {line: getattr(place, line) for line in WHERE}


def written_address(form: Mapping[str, Any]) -> dict[str, Any] | str:
    """What a form says, for `check_address`: the six lines, a saved address, or a place with the name of who collects."""
    if form.get("pickup"):
        return {"name": form.get("name", ""), "pickup": form["pickup"]}
    return form.get("saved_address") or {line: form.get(line, "") for line in LINES}


def sent_to(address: Address) -> dict[str, str]:
    """What a form is filled in with: where something was sent; of what was collected only by whom."""
    return {"name": address.get("name", "")} if is_collected(address) else dict(address)


def hours_of(addresses: Iterable[Address]) -> dict[str, str]:
    """By the number of each place among these addresses: when it hands out pairs, as it is known today."""
    numbers = {address["pickup"] for address in addresses if is_collected(address)}
    if not numbers:
        return {}
    return {str(pk): hours for pk, hours in PickupPlace.objects.filter(pk__in=numbers).values_list("pk", "hours")}


def with_place(address: dict[str, str], drop: UUID) -> dict[str, str]:
    """The address, checked before, with the lines of its place. Raises Invalid where that is not offered for this drop."""
    if not _is_open(address):
        return address
    place = places_for(drop).filter(pk=address["pickup"]).first()
    if place is None:
        raise _not_offered()
    return _lines(address, place)


def find_places(attempts: Sequence[PurchaseAttempt]) -> list[PurchaseAttempt]:
    """Those that can go on, each with the lines of its place; the others have their answer. It asks nothing, and takes no
    time, where nobody collects.
    """
    collecting = [attempt.intent for attempt in attempts if attempt.intent and _is_open(attempt.intent.address)]
    if not collecting:
        return [*attempts]
    offered = _offered({each.reservation_id for each in collecting}, {each.address["pickup"] for each in collecting})
    refused = []
    for attempt in attempts:
        intent = attempt.intent
        if intent is None or not _is_open(intent.address):
            continue
        place = offered.get((intent.reservation_id, int(intent.address["pickup"])))
        if place is None:
            refused.append((attempt, intent, _not_offered()))
        else:
            attempt.intent = replace(intent, address=_lines(intent.address, place))
    refuse_each(refused)
    return [attempt for attempt in attempts if attempt.answer is None and attempt.todo is None]


def _is_open(address: Address) -> bool:
    """Whether its place is still to be found."""
    return is_collected(address) and "street" not in address


def _offered(holds: Collection[UUID], places: Collection[str]) -> dict[tuple[UUID, int], PickupPlace]:
    found = PickupPlace.objects.filter(is_open=True, pk__in=places, drops__reservations__in=holds)
    return {(place.hold, place.pk): place for place in found.annotate(hold=F("drops__reservations")).order_by()}


def place_lines(place: PickupPlace) -> dict[str, str]:
    """The lines of what is collected there, without the name of who collects."""
    return {"place": place.name, **{line: getattr(place, line) for line in WHERE}, "pickup": str(place.pk)}


def _lines(address: Address, place: PickupPlace) -> dict[str, str]:
    return {"name": address["name"], **place_lines(place)}


def _not_offered() -> Invalid:
    return Invalid(NOT_OFFERED, errors={"address.pickup": [NOT_OFFERED]})
