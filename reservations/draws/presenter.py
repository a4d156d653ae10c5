"""What the pages say of a draw: the result with its line of ranks, the four steps that prove it, and the member's own entry."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from drops.labels import size_in_sentence
from drops.models import Drop
from dropshop.core.members import Viewer, signed_in
from reservations.addresses.models import SavedAddress
from reservations.addresses.saved import addresses_of
from reservations.draws import entries
from reservations.draws.deeds import draw_of_drop
from reservations.draws.facts import draw_facts, entry_facts
from reservations.draws.models import Draw, DrawEntry
from reservations.draws.telling import STEPPED_BACK, last_ranks, reason_of
from reservations.payment_methods.models import SavedMethod
from reservations.payment_methods.saved import ready_methods_of

WIDTH = 740  # of the line of ranks, in its own units
LEAST = 0.9  # a rank is drawn at least so wide
CHOICES = ("First choice", "Then", "Then")


@dataclass(frozen=True)
class EntryBox:
    """The member's entry in a draw, or the form with which they enter; `facts` are those of the API, {} for none."""

    drop: Drop
    draw: Draw
    facts: Mapping[str, Any]
    labels: Sequence[str]
    addresses: Sequence[SavedAddress]
    methods: Sequence[SavedMethod]

    @property
    def stands(self) -> bool:
        """Whether the member is in the draw."""
        return self.facts.get("state", "withdrawn") != "withdrawn"

    @property
    def is_ready(self) -> bool:
        """Whether all is saved that an entry needs."""
        return bool(self.addresses and self.methods)

    @property
    def choices(self) -> list[str]:
        """The lists from which sizes are chosen; none where there is one size."""
        return [*CHOICES[: len(self.labels)]] if len(self.labels) > 1 else []

    @property
    def wanted(self) -> str:
        """ "9, then 9.5"."""
        return ", then ".join(self.facts.get("sizes", ()))


def entry_box(member: Any, drop: Drop, labels: Sequence[str]) -> EntryBox:
    """How this member stands in the drop's draw."""
    mine = entries.entry_of(member, drop)
    facts = entry_facts(mine) if mine else {}
    return EntryBox(drop, draw_of_drop(drop), facts, labels, [*addresses_of(member)], [*ready_methods_of(member)])


class ProofStep(NamedTuple):
    """One of the four that prove a draw."""

    title: str
    lines: Sequence[str]
    is_done: bool
    code: str = ""


class RankRow(NamedTuple):
    """A rank with its entry, as the table shows it."""

    rank: int
    leaf: str
    asked: str
    result: str
    waits: str
    is_mine: bool
    is_withdrawn: bool


class WonRun(NamedTuple):
    """Ranks side by side that won, on the line."""

    x: float
    width: float


class DrawPage:
    """The page of one draw, for this viewer; `around`: a rank that they look for."""

    def __init__(self, drop: Drop, viewer: Viewer, around: int | None = None) -> None:
        self.drop, self.draw = drop, draw_of_drop(drop)
        self.facts = draw_facts(self.draw)
        member = signed_in(viewer)
        self.mine: DrawEntry | None = entries.entry_of(member, drop) if member else None
        self.entry = entry_facts(self.mine) if self.mine else {}
        self.around = around

    @property
    def is_drawn(self) -> bool:
        return self.draw.state == Draw.State.DRAWN

    @property
    def count(self) -> int:
        """Entries in the list."""
        return int((self.facts["entries"] or {}).get("count", 0))

    @property
    def pairs(self) -> int:
        return sum(line["pairs"] for line in self.facts["stock"])

    @property
    def rank(self) -> int | None:
        """Of the viewer's entry."""
        return self.entry.get("rank")

    @property
    def headline(self) -> tuple[str, str]:
        """Two lines."""
        if self.draw.state == Draw.State.CALLED_OFF:
            return "Called off.", "Nobody was charged."
        if not self.is_drawn:
            is_closed = self.facts["closed_at"] is not None
            return ("The list is closed.", "Now the dice.") if is_closed else ("Enter.", "Then luck decides.")
        if self.rank is None:
            return f"{self.count:,} entered.", f"{self.pairs:,} pairs."
        won = self.entry["won"] or self.entry["state"] in ("won", "held", "paid")
        return f"Rank {self.rank:,}.", "You win." if won else "Not this time."

    @cached_property
    def cuts(self) -> dict[int, int]:
        return last_ranks(self.draw) if self.is_drawn else {}

    @property
    def sentence(self) -> str:
        """What the viewer asked for, and why it came so, with both cuts."""
        if self.mine is None or self.mine.rank is None:
            return ""
        if self.mine.won is not None:
            return f"You win {size_in_sentence(self.mine.won.label)}."
        why = STEPPED_BACK if self.mine.stepped_back else reason_of(self.mine, self.cuts)
        return f"You asked for {', then '.join(self.entry['sizes'])}. {why[0].upper()}{why[1:]}"

    @property
    def chance(self) -> str:
        """How many entered for how many pairs."""
        people = int((self.facts["entries"] or {}).get("people", 0))
        share = f": {min(100, round(100 * self.pairs / people))} in 100" if people else ""
        return f"{people:,} people entered for {self.pairs:,} pairs{share}."

    @property
    def last(self) -> int | None:
        """The last rank that won."""
        return max(self.cuts.values(), default=None)

    def x(self, rank: int) -> float:
        """Where the end of a rank lies on the line; square roots, so that the front can be seen."""
        return round(WIDTH * math.sqrt(rank / self.count), 2) if self.count else 0.0

    @property
    def my_x(self) -> float:
        return self.x(self.rank or 0)

    @property
    def last_x(self) -> float:
        return self.x(self.last or 0)

    @cached_property
    def runs(self) -> list[WonRun]:
        """Who won, as pieces of the line."""
        won = self.draw.entries.filter(won__isnull=False).order_by("rank").values_list("rank", flat=True).distinct()
        return [WonRun(self.x(a - 1), max(LEAST, self.x(b) - self.x(a - 1))) for a, b in _runs(won)]

    @cached_property
    def rows(self) -> list[RankRow]:
        """The last pairs, and the ranks around the viewer's own or the one they look for."""
        middle = self.around or self.rank or (self.last or 1)
        wanted = {(self.last or 1) - 1, self.last or 1, *range(middle - 1, middle + 3)}
        found: dict[int, list[DrawEntry]] = {}
        near = self.draw.entries.filter(rank__in=[rank for rank in wanted if rank > 0]).select_related("won", "award")
        for entry in near.order_by("rank", "pk"):
            found.setdefault(entry.rank or 0, []).append(entry)
        return [self._row(rank, people) for rank, people in found.items()]

    def _row(self, rank: int, people: list[DrawEntry]) -> RankRow:
        labels = dict(zip(self._size_ids, (line["size"] for line in self.facts["stock"]), strict=True))
        first = people[0]
        asked = " · ".join(", ".join(labels[pk] for pk in entry.sizes) for entry in people)
        group = f" · group of {len(people)}" if len(people) > 1 else ""
        withdrawn = all(entry.withdrawn_at for entry in people)
        my_first = self.mine.sizes[0] if self.mine else self._size_ids[0]
        waits = [entry.waits.get(str(my_first)) for entry in people]
        return RankRow(
            rank,
            first.leaf,
            asked + group,
            "withdrew" if withdrawn else ", ".join(filter(None, (_result(entry) for entry in people))) or "sizes gone",
            " and ".join(str(place) for place in waits if place) or "–",
            self.mine is not None and self.mine in people,
            withdrawn,
        )

    @property
    def _size_ids(self) -> list[int]:
        return list((self.draw.listed or {}).get("sizes", ()))

    @property
    def waitlist_size(self) -> str:
        """The size of which the table shows the waitlist: the viewer's first wish."""
        return str((self.entry.get("sizes") or [line["size"] for line in self.facts["stock"]] or [""])[0])

    @property
    def number(self) -> int | None:
        """Which line of the list is the viewer's."""
        leaf = self.entry.get("leaf")
        if not leaf:
            return None
        return self.draw.entries.filter(leaf__gt="", leaf__lte=leaf).values("leaf").distinct().count()

    @property
    def files(self) -> list[dict[str, Any]]:
        """Each with its hash as a reader compares it."""
        return [{**file, "hash": short(file["sha256"])} for file in self.facts["files"]]

    @property
    def steps(self) -> list[ProofStep]:
        """The four steps, ticked as far as they are done."""
        listed, beacon, named = self.facts["entries"], self.facts["beacon"], self.facts["beacons"]
        others = ", then ".join(SOURCES[each["source"]] for each in named if each["source"] != (beacon or named[0])["source"])
        leaf = f"Your leaf is number {self.number:,} of the list." if self.number else "As hashes that name nobody."
        dice = f"{SOURCES[(beacon or named[0])['source']]}{_round(beacon or named[0])}, named when the drop was published."
        return [
            ProofStep(
                f"{self.count:,} entries published" if listed else "Every entry will be published",
                [leaf],
                listed is not None,
                f"root {short(listed['root'])}" if listed else "",
            ),
            ProofStep(
                "The shop's seed was sealed before",
                ["It is opened, and it fits the seal." if self.facts["seed"] else "It is opened after the dice."],
                self.facts["seed"] is not None,
                f"sha256 {short(self.facts['commitment'])}",
            ),
            ProofStep(
                "The world throws the dice" if beacon is None else "The world threw the dice",
                [dice, f"Fall-backs{' not used' if beacon and beacon == named[0] else ''}: {others}."],
                beacon is not None,
            ),
            ProofStep(
                "Seed + dice give every rank",
                ["rank = HMAC(seed, dice, entry). The same for everybody who computes it."],
                self.is_drawn,
            ),
        ]


SOURCES = {"drand": "drand", "nist": "NIST", "dice": "dice thrown by staff"}


def _round(beacon: Mapping[str, Any]) -> str:
    return f" round {beacon['round']:,}" if "round" in beacon else ""


def _result(entry: DrawEntry) -> str:
    award = getattr(entry, "award", None)
    if award is not None:
        return f"a {award.size.label}, {RESULTS[award.state]}"
    return "stepped back for a group" if entry.stepped_back else ""


RESULTS = {"due": "won", "held": "to be paid", "paid": "paid", "passed_on": "passed on"}


def short(text: str) -> str:
    """A hash as a reader compares it: its first digits and its last."""
    return f"{text[:4]} {text[4:8]} {text[8:12]} … {text[-4:]}"


def _runs(ranks: Iterable[int | None]) -> Iterator[tuple[int, int]]:
    """The first and the last of each row of numbers without a gap."""
    begin = end = 0
    for rank in ranks:
        if rank is None:
            continue
        if rank != end + 1 or not begin:
            if begin:
                yield begin, end
            begin = rank
        end = rank
    if begin:
        yield begin, end
