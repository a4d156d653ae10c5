"""The published rules of a queue, as pure functions: how many are let in, who cannot win any more, chances and times.

docs/fairness.md states them in words.
"""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

# Of turns that have ended we believe at first that so many were used, as if we had seen them.
BELIEVED = 10
MOST_FACTOR = 2.0  # people let in for each pair that is free, at most
BURST_SECONDS = 10  # in which no more than their share of a minute's people are let in


class Endings(NamedTuple):
    """How turns ended so far."""

    took: int  # a pair was held, whatever became of it
    passed: int  # nothing was held: let pass, or left

    @property
    def factor(self) -> float:
        """How many are let in for each free pair, because some will let their turn pass: 1 to 2."""
        return min(MOST_FACTOR, (self.took + self.passed + BELIEVED) / (self.took + BELIEVED))


def slots(available: int, endings: Endings, limit_per_member: int) -> int:
    """How many may be in their turn without holding a pair, while so many pairs are free."""
    return max(1, math.floor(available * endings.factor / limit_per_member)) if available > 0 else 0


def room(per_minute: int | None, in_a_minute: int, in_a_burst: int) -> float:
    """How many the rate lets in now, after so many in the last minute and in the last BURST_SECONDS."""
    if per_minute is None:
        return math.inf
    return max(0, min(per_minute - in_a_minute, math.ceil(per_minute * BURST_SECONDS / 60) - in_a_burst))


class Stock(NamedTuple):
    """Pairs that may be had (`left`), that somebody holds, and that are sold."""

    left: int
    held: int
    sold: int


class Bounds(NamedTuple):
    """Waiting places with as many ahead as `lost`, or more, cannot win; those with fewer than `back` can."""

    back: int
    lost: int


def bounds(stock: Stock, in_turn: int) -> Bounds:
    """Who cannot win: even if all held pairs came back, people before them want them.

    It is taken back only where the pairs that are left would suffice, so that no place changes with every pair that is held.
    """
    return Bounds(max(0, stock.left - in_turn), max(0, stock.left + stock.held - in_turn))


class ChanceBand(NamedTuple):
    """A chance, from and to so many tenths."""

    low: int
    high: int


def chance(people: float, fewest_pairs: int, most_pairs: int, endings: Endings) -> ChanceBand:
    """The chance to find a pair behind so many people who each may take one of them.

    Each takes one with the share of turns that were used so far. The band takes this share 1.5 standard errors higher and
    lower, and as many pairs as will be there at least, and at most.
    """
    often, seldom = _shares(endings)
    return _tenths(_at_most(fewest_pairs - 1, people, often), _at_most(most_pairs - 1, people, seldom))


def even_chance(people: float, pairs: int, endings: Endings) -> ChanceBand:
    """The chance of each of so many people whose places are still to be drawn."""
    often, seldom = _shares(endings)
    return _tenths(*(min(1.0, pairs / max(people * share, 1e-9)) for share in (often, seldom)))


def _shares(endings: Endings) -> tuple[float, float]:
    """The share of turns that are used, 1.5 standard errors higher and lower than what was seen."""
    seen = endings.took + endings.passed + 2 * BELIEVED
    share = (endings.took + 1.5 * BELIEVED) / seen
    error = 1.5 * math.sqrt(share * (1 - share) / seen)
    return min(1.0, share + error), share - error


def _tenths(low: float, high: float) -> ChanceBand:
    return ChanceBand(math.floor(low * 10 + 0.05), math.ceil(high * 10 - 0.05))


def _at_most(count: float, people: float, share: float) -> float:
    """The probability that at most so many of these people take a pair: the normal distribution in place of the binomial."""
    if count < 0:
        return 0.0
    spread = math.sqrt(people * share * (1 - share))
    if spread < 1e-9:
        return 1.0 if people * share <= count else 0.0
    return 0.5 * (1 + math.erf((count + 0.5 - people * share) / (spread * math.sqrt(2))))


class Pace(NamedTuple):
    """People per minute, at a guess: quickly and slowly."""

    fast: float
    slow: float


def pace(slots: int, turn_seconds: int, per_minute: int | None, seen_per_minute: float | None) -> Pace:
    """How fast people are let in who do not fit into the free slots: by what was seen, or before that by what may be.

    Before anything was seen: between a twentieth and all of the slots are free again after a turn.
    """
    if seen_per_minute is None:
        a_turn = slots / (turn_seconds / 60)
        found = Pace(max(a_turn, 1.0), max(a_turn / 20, 0.2))
    else:
        found = Pace(max(seen_per_minute * 2, 1.0), max(seen_per_minute / 2, 0.1))
    return found if per_minute is None else Pace(min(found.fast, per_minute), min(found.slow, per_minute / 2))


class Promise(NamedTuple):
    """The turn of `place` comes `at` this moment at the latest, of those behind so many `per_minute` later."""

    at: datetime
    place: int
    per_minute: float

    def latest(self, place: int) -> datetime:
        """By when the turn of this place comes at the latest."""
        return self.at + timedelta(minutes=max(0, place - self.place) / self.per_minute)


POLL_SECONDS = (2, 8)  # between two questions: of the first in line, and of the last


def poll_after(ahead: int | None) -> int:
    """Seconds after which to ask again: the more the further back, and never so many that a verdict would be heard late."""
    least, most = POLL_SECONDS
    return most if ahead is None else min(most, least + ahead // 50)
