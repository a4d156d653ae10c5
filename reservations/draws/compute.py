"""The computation of a draw: pure, exact, and the same in every language (docs/draws.md).

A leaf's *lot* is HMAC-SHA256 of the shop's seed over beacon and leaf. Leaves stand in the order of their lots, and each gets
what is left when its turn comes (`reservations.draws.allot`). Only integers are used.
"""

import gc
import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256

from reservations.draws.allot import DrawnEntry, allot
from reservations.draws.leaves import Entry, Person, read_entries

RULES = 1  # a change of anything in the computation is another version
LOT = "dropshop/draw/1"
# A fair loss counts 0.15 chances more, up to 2 chances; in hundredths.
CHANCE, PER_LOSS, MOST = 100, 15, 200
ONE = 1 << 64
LN2 = 12786308645202655659  # the natural logarithm of 2, times 2^64, rounded down


def draw(entries: Iterable[Entry], stock: Sequence[int], *, seed: bytes, beacon: str, loyalty: bool) -> list[DrawnEntry]:
    """What each entry has come to, in order of rank. `stock`: the pairs of each size, by number."""
    return allot(in_order(entries, seed, beacon, loyalty=loyalty), stock)


def draw_from(
    lines: Iterable[str], drop: str, stock: Sequence[int], *, seed: bytes, beacon: str, loyalty: bool
) -> list[DrawnEntry]:
    """The same from the lines of entries.csv of this drop. Raises Malformed.

    Nothing is collected meanwhile: Python would read the millions of tuples, in which there is no circle, again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return draw(read_entries(lines, drop, len(stock)), stock, seed=seed, beacon=beacon, loyalty=loyalty)
    finally:
        if was_enabled:
            gc.enable()


def commitment_of(seed: bytes) -> str:
    """What is published of the shop's seed before anybody enters."""
    return sha256(seed).hexdigest()


def lot_of(seed: bytes, beacon: str, leaf: str) -> bytes:
    """The leaf's lot: 32 bytes."""
    return hmac.digest(seed, f"{LOT}\0{beacon}\0{leaf}".encode(), "sha256")


def in_order(entries: Iterable[Entry], seed: bytes, beacon: str, *, loyalty: bool) -> list[tuple[bytes, Entry]]:
    """The entries from rank 1 on, each with its lot: in the order of lots, or, with loyalty, of lots that weigh."""
    drawn = [(lot_of(seed, beacon, entry.leaf), entry) for entry in entries]
    if loyalty:
        return sorted(drawn, key=lambda pair: (weighed(pair[0], pair[1].people), pair[0]))
    return sorted(drawn)


def weighed(lot: bytes, people: Sequence[Person]) -> int:
    """The lot of these people as an exponential time: an entry of twice the weight comes first twice as often.

    -ln(u) / w, in units of 2^-64, with u from the lot's first eight bytes and w the mean weight of the people (Efraimidis and
    Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    weight = sum(min(MOST, CHANCE + PER_LOSS * person.losses) for person in people)
    return minus_log(ONE - int.from_bytes(lot[:8])) * CHANCE * len(people) // weight


def minus_log(number: int) -> int:
    """-ln(number / 2^64), in units of 2^-64, of a whole number from 1 to 2^64: -ln(m) = 2 (z + z^3/3 + z^5/5 …) for
    z = (1 - m) / (1 + m), of which every term is rounded down."""
    halvings = max(0, 64 - number.bit_length())
    part = number << halvings
    power = z = ((ONE - part) << 64) // (ONE + part)
    square, total, odd = z * z >> 64, 0, 1
    while power:
        total += power // odd
        power, odd = power * square >> 64, odd + 2
    return 2 * total + halvings * LN2
