"""What a drop's page says of its queue to one member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drops.models import Drop
from dropshop.core.members import Member
from reservations.queue.facts import ADMITTED, BEFORE, CANNOT_WIN, WAITING, places_of
from reservations.queue.models import DropQueue
from reservations.queue.state import queue_of

ABSENT = "absent"
CHOICES = ("First choice", "Then", "Then")


@dataclass(frozen=True)
class SizeChoice:
    """One of the lists from which a size is chosen."""

    label: str
    chosen: str
    sizes: Sequence[str]


@dataclass(frozen=True)
class QueueBox:
    """The member's place; `facts` are those of the API, {} for who never was in the queue."""

    drop: Drop
    queue: DropQueue
    facts: Mapping[str, Any]
    labels: Sequence[str]

    @property
    def state(self) -> str:
        """As the API has it, or "absent"."""
        return str(self.facts.get("state", ABSENT))

    @property
    def waits(self) -> bool:
        """Whether there is a place that may still win, or says that it cannot."""
        return self.state in (BEFORE, WAITING, CANNOT_WIN)

    @property
    def may_join(self) -> bool:
        """Whether a button to join makes sense."""
        return self.state in (ABSENT, "left", "lapsed") and self.queue.drained_at is None

    @property
    def is_my_turn(self) -> bool:
        return self.state == ADMITTED

    @property
    def others(self) -> int:
        """Before the start: how many are there besides the member."""
        return max(0, self.facts.get("of", 0) - 1)

    @property
    def chance(self) -> str:
        """In words; "" where nothing is said of it."""
        return chance_words(self.facts.get("chance"))

    @property
    def wanted(self) -> str:
        """The chosen sizes, "9, then 9.5, 8.5"; "" for none."""
        first, *others = [size["size"] for size in self.facts.get("sizes", ())] or [""]
        return f"{first}, then {', '.join(others)}" if others else first

    @property
    def by_size(self) -> str:
        """The chances of the chosen sizes, in a sentence."""
        said = [f"a {size['size']}: {chance_words(size['chance'])}" for size in self.facts.get("sizes", ())]
        return f"Of {', of '.join(said)}." if said else ""

    @property
    def choices(self) -> list[SizeChoice]:
        """Lists to choose sizes from; none where there is one size."""
        if len(self.labels) < 2:
            return []
        chosen = [*(size["size"] for size in self.facts.get("sizes", ())), "", "", ""]
        return [SizeChoice(label, chosen[place], self.labels) for place, label in enumerate(CHOICES)]


def chance_words(band: Mapping[str, int] | None) -> str:
    """ "6 to 8 in 10"; "" for none."""
    if band is None:
        return ""
    return f"{band['high']} in 10" if band["low"] == band["high"] else f"{band['low']} to {band['high']} in 10"


def queue_box(member: Member, drop: Drop, labels: Sequence[str]) -> QueueBox:
    """How this member stands in the drop's queue at this moment; `labels` are the drop's sizes."""
    places = places_of(drop, [member.pk])
    return QueueBox(drop, queue_of(drop.pk), places.get(member.pk, {}), labels)
