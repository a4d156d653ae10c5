"""Draws made up for tests, and their files as the shop publishes them."""

import json
from hashlib import sha256

from reservations.draws.allot import rank_lines
from reservations.draws.compute import RULES, commitment_of, draw
from reservations.draws.leaves import Person, entry_lines, make_entry, mark_of, root_of

DROP = "8b1f3c52-3d0a-4c8e-9d55-0c6f5a0d7e11"
SEED = bytes(range(32))
# A round of drand's quicknet with its signature, as it stands in the description of drand-verify 0.2.1.
ROUND = 657413
SIGNATURE = "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
CLOSES_AT = "2023-09-15T10:55:00Z"  # before that round
BEACON = f"drand:{RANDOMNESS}"


def person(number, *sizes, losses=0):
    """Somebody whose salt and id are made of this number."""
    return Person(mark_of(f"{number:032x}", f"member {number}"), losses, sizes)


def entries_of(*groups):
    """The entries of these people, in the order in which they are published."""
    return sorted(make_entry(DROP, people) for people in groups)


def write_files(folder, entries, stock, *, loyalty=False, beacon=BEACON, seed=SEED):
    """Writes the three files of this draw; what stands in draw.json. `stock`: labels with their pairs."""
    entries_csv = "".join(entry_lines(entries))
    places = draw(entries, [*stock.values()], seed=seed, beacon=beacon, loyalty=loyalty)
    said = {
        "drop": DROP,
        "rules": RULES,
        "loyalty": loyalty,
        "closes_at": CLOSES_AT,
        "stock": [{"size": size, "pairs": pairs} for size, pairs in stock.items()],
        "entries": {
            "count": len(entries),
            "root": root_of(entry.leaf for entry in entries),
            "sha256": sha256(entries_csv.encode()).hexdigest(),
        },
        "commitment": commitment_of(seed),
        "beacons": [{"source": "drand", "round": ROUND}, {"source": "nist"}, {"source": "dice"}],
        "beacon": {"source": "drand", "round": ROUND, "signature": SIGNATURE, "value": beacon},
        "seed": seed.hex(),
    }
    (folder / "entries.csv").write_text(entries_csv)
    (folder / "ranks.csv").write_text("".join(rank_lines(places)))
    (folder / "draw.json").write_text(json.dumps(said))
    return said
