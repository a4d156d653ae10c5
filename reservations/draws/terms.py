"""Which beacon decides a draw: fixed when the drop is published, with fall-backs in their order (docs/draws.md).

drand, the League of Entropy's public randomness: rounds three seconds apart, whose signatures nobody can know before
(https://docs.drand.love). The values of its chain "quicknet" are told by https://api.drand.sh/v2/beacons/quicknet/info.
NIST's beacon: https://csrc.nist.gov/projects/interoperable-randomness-beacons, a pulse a minute.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from dropshop.core.clock import iso

MARGIN = timedelta(minutes=5)  # between close and the first round that may decide
PATIENCE = timedelta(hours=24)  # for which a beacon is waited for, before the next one in the order counts
CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
PUBLIC_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e6"
    "3aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
GENESIS = datetime.fromtimestamp(1692803367, UTC)  # when round 1 came
PERIOD = timedelta(seconds=3)


def round_at(moment: datetime) -> int:
    """The first round of quicknet that comes at this moment or later."""
    return -(-(moment - GENESIS) // PERIOD) + 1


def time_of(number: int) -> datetime:
    """When this round of quicknet comes."""
    return GENESIS + (number - 1) * PERIOD


def beacons_for(closes_at: datetime) -> list[dict[str, Any]]:
    """What decides a draw that closes then: each beacon in its order, with the moment `from` which it is used.

    One counts until the next one's moment; after that it counts no more, even where it comes late.
    """
    number = round_at(closes_at + MARGIN)
    at = time_of(number)
    pulse = (at + PATIENCE).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [
        {"source": "drand", "chain": CHAIN, "public_key": PUBLIC_KEY, "round": number, "at": iso(at), "from": iso(at)},
        {"source": "nist", "at": iso(pulse), "from": iso(pulse)},
        {"source": "dice", "from": iso(pulse + PATIENCE)},
    ]


def beacon_due(beacons: list[dict[str, Any]], moment: datetime) -> dict[str, Any] | None:
    """The one that counts at this moment; None before the first."""
    due = [beacon for beacon in beacons if datetime.fromisoformat(beacon["from"]) <= moment]
    return due[-1] if due else None
