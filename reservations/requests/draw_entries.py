"""A member's entries in draws, as they stand beside the purchase requests."""

from typing import Any, NamedTuple

from drops.models import Drop, Size
from dropshop.core.clock import iso
from dropshop.core.members import Member
from reservations.draws.facts import state_of
from reservations.draws.models import Draw, DrawAward, DrawEntry

MOST = 50  # entries that are listed, the newest
NOW = {
    "entered": "Entered",
    "withdrawn": "Withdrawn",
    "lost": "No pair",
    "won": "Won",
    "held": "Won, to be paid",
    "paid": "Bought",
    "passed_on": "Passed on",
}
STATES = [*NOW]


class ListedEntry(NamedTuple):
    """An entry with its drop, the labels of its sizes, and where it stands."""

    entry: DrawEntry
    drop: Drop
    sizes: list[str]
    state: str
    award: DrawAward | None

    @property
    def now(self) -> str:
        """Where it stands, in words."""
        return NOW[self.state]

    @property
    def wanted(self) -> str:
        """ "9, then 9.5"."""
        return ", then ".join(self.sizes)

    @property
    def rank(self) -> int | None:
        """Once it is drawn."""
        return self.entry.rank if self.entry.draw.state == Draw.State.DRAWN else None

    @property
    def facts(self) -> dict[str, Any]:
        """The same for the API; all of it is at `drops/{id}/entries`."""
        held = self.award.reservation_id if self.award is not None else None
        return {
            "id": str(self.entry.pk),
            "drop": str(self.drop.pk),
            "title": self.drop.title,
            "state": self.state,
            "sizes": self.sizes,
            "rank": self.rank,
            "reservation": str(held) if held is not None else None,
            "entered_at": iso(self.entry.entered_at),
        }


def entries_of(member: Member) -> list[ListedEntry]:
    """The member's newest entries; as many statements for many as for one."""
    mine = DrawEntry.objects.filter(member=member).defer("address").order_by("-entered_at", "id")
    found = list(mine.select_related("draw__drop__sneaker").prefetch_related("draw__drop__sneaker__pictures")[:MOST])
    if not found:
        return []
    awards = {award.entry_id: award for award in DrawAward.objects.filter(entry__in=found)}
    labels = dict(Size.objects.filter(drop__in={entry.draw.drop_id for entry in found}).values_list("pk", "label"))
    return [_listed(entry, labels, awards.get(entry.pk)) for entry in found]


def _listed(entry: DrawEntry, labels: dict[int, str], award: DrawAward | None) -> ListedEntry:
    sizes = [labels[size] for size in entry.sizes if size in labels]
    return ListedEntry(entry, entry.draw.drop, sizes, state_of(entry, award), award)
