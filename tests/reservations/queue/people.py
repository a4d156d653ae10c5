"""Drops with a queue, and people in it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drops.models import Drop, Mode
from dropshop.core.clock import database_time
from reservations.queue.admit import admit
from reservations.queue.facts import places_of
from reservations.queue.join import QueueArrival, join_many
from tests.make import make_drop, make_members


def make_queue(sizes: dict[str, int] | int = 3, **facts: Any) -> Drop:
    """A published drop with a queue that starts in an hour, unless `starts_in` says otherwise."""
    return make_drop(sizes, **{"mode": Mode.QUEUE, "starts_in": 3600, "open_for": 3600, **facts})


def arrive(drop: Drop, members: Sequence[Any], *sizes: int) -> None:
    """They join, in this order and in one batch."""
    join_many(drop.pk, [QueueArrival(member.pk, sizes) for member in members])


def begin(drop: Drop) -> None:
    """The drop starts now: who has arrived until here was there before."""
    drop.starts_at = database_time()
    Drop.objects.filter(pk=drop.pk).update(starts_at=drop.starts_at)


def started(pairs: int, people: int, **facts: Any) -> tuple[Drop, list[Any]]:
    """A queue that has just started, and who is in it, in the order of their places."""
    drop, members = make_queue(pairs, **facts), make_members(people)
    arrive(drop, members)
    begin(drop)
    places = look(drop, members)
    return drop, sorted(members, key=lambda member: places[member.pk]["place"])


def look(drop: Drop, members: Sequence[Any]) -> dict[UUID, dict[str, Any]]:
    """What they read of their places at this moment, by their ids."""
    return dict(places_of(drop, [member.pk for member in members], older=0))


def states(drop: Drop, members: Sequence[Any]) -> list[str]:
    """How it stands for each of them."""
    places = look(drop, members)
    return [places[member.pk]["state"] for member in members]


__all__ = ["admit", "arrive", "begin", "look", "make_queue", "started", "states"]
