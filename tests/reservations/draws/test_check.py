"""The script that recomputes a draw from its files alone, run as strangers run it."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from reservations.draws import check
from tests.reservations.draws.files import entries_of, person, write_files

SCRIPT = Path(check.__file__)
STOCK = {"8": 3, "9": 12, "10": 7}


def run(folder, *more):
    """What it says, line by line, and whether it is content."""
    # -I: neither the shop nor anything beside the script is in reach.
    done = subprocess.run([sys.executable, "-I", SCRIPT, folder, *more], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines(), done.returncode == 0


@pytest.fixture
def entries():
    drawn = random.Random(62)
    numbers = iter(range(10_000))

    def somebody():
        return person(next(numbers), *drawn.sample((1, 2, 3), drawn.randint(1, 3)), losses=drawn.choice((0, 0, 1, 9)))

    return entries_of(*([somebody() for _ in range(drawn.choice((1, 1, 1, 2, 3, 4)))] for _ in range(120)))


@pytest.fixture(params=[False, True], ids=["plain", "loyal"])
def folder(tmp_path, entries, request):
    write_files(tmp_path, entries, STOCK, loyalty=request.param)
    return tmp_path


def test_it_has_less_than_a_hundred_lines():
    assert len(SCRIPT.read_text().splitlines()) < 100


def test_it_comes_to_the_same_ranks(folder):
    said, is_content = run(folder)
    assert is_content
    assert said[-1] == "ok    all 120 ranks are the same"


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_the_shop_on_draws_of_every_kind(tmp_path, seed):
    drawn = random.Random(seed)
    numbers = iter(range(10_000))
    sizes = drawn.randint(1, 5)

    def somebody():
        return person(
            next(numbers), *drawn.sample(range(1, sizes + 1), drawn.randint(1, sizes)), losses=drawn.choice((0, 2, 9))
        )

    entries = entries_of(*([somebody() for _ in range(drawn.choice((1, 2, 3, 4)))] for _ in range(drawn.randint(1, 90))))
    write_files(tmp_path, entries, {str(size): drawn.randint(0, 15) for size in range(sizes)}, loyalty=drawn.random() < 0.5)
    assert run(tmp_path)[1], f"seed {seed}"


def test_it_finds_my_entry(folder, entries):
    mine = next(entry for entry in entries if person(17, 1).mark in [one.mark for one in entry.people])
    said, _ = run(folder, f"{17:032x}", "member 17")
    assert said[-1].startswith("your entry: rank ")
    assert said[-1].split(",")[1] == mine.leaf
    said, _ = run(folder, f"{17:032x}", "member 18")
    assert said[-1] == "your entry: not there"


def swap(line):
    leaf, text = line.split(",")
    mark, losses, sizes = text.split("+")[0].split(":")
    return f"{leaf},{text.replace(f'{mark}:{losses}:{sizes}', f'{mark}:{int(losses) + 1}:{sizes}')}"


CHANGES = {
    "changed": lambda lines: [*lines[:5], swap(lines[5]), *lines[6:]],
    "removed": lambda lines: lines[:5] + lines[6:],
    "added": lambda lines: sorted([*lines, make_line()]),
    "twice": lambda lines: [*lines[:5], lines[4], *lines[5:]],
}


def make_line():
    (entry,) = entries_of([person(999_999, 1)])
    return f"{entry.leaf},{entry.people[0].mark}:0:1"


def change_entries(folder, change):
    head, *lines = (folder / "entries.csv").read_text().splitlines()
    text = "".join(f"{line}\n" for line in [head, *change(lines)])
    (folder / "entries.csv").write_text(text)
    return text


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_finds_an_entry_that_was_changed_removed_or_added(folder, change):
    change_entries(folder, change)
    assert run(folder) == (
        ["ok    this script knows the version of the rules", "WRONG entries.csv is the file that was published at close"],
        False,
    )


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_finds_it_also_where_the_hash_of_the_file_was_changed_with_it(folder, change):
    said = json.loads((folder / "draw.json").read_text())
    said["entries"]["sha256"] = check.sha(change_entries(folder, change))
    (folder / "draw.json").write_text(json.dumps(said))
    lines, is_content = run(folder)
    assert (lines[-1][:5], is_content) == ("WRONG", False)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("seed", "00" * 32, "the seed fits its seal"),
        ("rules", 2, "this script knows the version of the rules"),
        ("closes_at", "2030-01-01T00:00:00Z", "drand's round came after close"),
        (
            "stock",
            [{"size": "8", "pairs": 4}, {"size": "9", "pairs": 12}, {"size": "10", "pairs": 7}],
            "all 120 ranks are the same",
        ),
        ("beacons", [{"source": "drand", "round": 1}], "the beacon was named before"),
    ],
)
def test_it_finds_what_else_was_changed(folder, name, value, found):
    said = json.loads((folder / "draw.json").read_text())
    (folder / "draw.json").write_text(json.dumps(said | {name: value}))
    lines, is_content = run(folder)
    assert (lines[-1], is_content) == (f"WRONG {found}", False)


def test_it_finds_a_beacon_that_is_not_what_drand_signed(folder):
    said = json.loads((folder / "draw.json").read_text())
    said["beacon"]["value"] = "drand:" + "0" * 64
    (folder / "draw.json").write_text(json.dumps(said))
    assert run(folder)[0][-1] == "WRONG the value is that of drand's signature"


def test_it_finds_two_ranks_that_were_swapped(folder):
    head, first, second, *others = (folder / "ranks.csv").read_text().splitlines()
    first, second = first.replace("1,", "2,", 1), second.replace("2,", "1,", 1)
    (folder / "ranks.csv").write_text("".join(f"{line}\n" for line in [head, second, first, *others]))
    assert run(folder)[0][-1] == "WRONG all 120 ranks are the same"
