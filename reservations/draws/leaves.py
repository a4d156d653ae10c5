"""Entries of a draw as they are published: leaves, their list and its root (docs/draws.md).

An entry is a *leaf*: the hash of its public text, in which each person is a mark, their fair losses, and the numbers of the
sizes that they ask for, in order of preference.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

ENTRY, PERSON = "dropshop/draw-entry/1", "dropshop/draw-person/1"
MAX_PEOPLE = 4  # of one entry


class Person(NamedTuple):
    """One person of an entry."""

    mark: str  # hides who it is
    losses: int  # fair losses since the last win
    sizes: tuple[int, ...]  # by their numbers in the draw's stock, from 1; the one that is wanted most first


class Entry(NamedTuple):
    """One leaf with its people: one, or a group of two to four, which wins or loses as a whole."""

    leaf: str
    people: tuple[Person, ...]


class Malformed(ValueError):
    """A file is not one of a draw; the message says where."""


def mark_of(salt: str, member: str) -> str:
    """What is published in place of a member: nobody can find the member by it without the salt, and it fits no other."""
    return sha256(f"{PERSON}\0{salt}\0{member}".encode()).hexdigest()


def entry_text(people: Iterable[Person]) -> str:
    """The public text of an entry: `mark:losses:size>size`, the people joined by `+`."""
    return "+".join(f"{mark}:{losses}:{'>'.join(map(str, sizes))}" for mark, losses, sizes in people)


def leaf_of(drop: str, text: str) -> str:
    """The leaf of an entry of this drop, by the drop's id and the entry's text."""
    return sha256(f"{ENTRY}\0{drop}\0{text}".encode()).hexdigest()


def make_entry(drop: str, people: Iterable[Person]) -> Entry:
    """The entry of these people."""
    together = tuple(people)
    return Entry(leaf_of(drop, entry_text(together)), together)


def entry_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """entries.csv, line by line: each leaf with its text. The entries come in the order of their leaves."""
    yield "leaf,entry\n"
    for leaf, people in entries:
        yield f"{leaf},{entry_text(people)}\n"


def read_entries(lines: Iterable[str], drop: str, sizes: int) -> list[Entry]:
    """entries.csv of this drop, whose stock has so many sizes. Raises Malformed where a leaf is not the hash of its text,
    leaves are not in order, or a text is not one of an entry."""
    found: list[Entry] = []
    before = ""
    for number, line in enumerate(lines, 1):
        leaf, _, text = line.rstrip("\n").partition(",")
        if number == 1:
            if line.rstrip("\n") != "leaf,entry":
                raise Malformed("entries.csv does not begin with its columns")
            continue
        if leaf != leaf_of(drop, text):
            raise Malformed(f"line {number}: the leaf is not the hash of its entry")
        if leaf <= before:
            raise Malformed(f"line {number}: the leaves are not in order")
        before = leaf
        found.append(Entry(leaf, _people(text, sizes, number)))
    return found


def _people(text: str, sizes: int, number: int) -> tuple[Person, ...]:
    try:
        people = tuple(_person(part) for part in text.split("+"))
    except ValueError:
        raise Malformed(f"line {number}: this is no entry") from None
    fits = all(person.sizes and len(set(person.sizes)) == len(person.sizes) for person in people)
    if not fits or len(people) > MAX_PEOPLE or not all(1 <= size <= sizes for person in people for size in person.sizes):
        raise Malformed(f"line {number}: this is no entry")
    return people


def _person(text: str) -> Person:
    mark, losses, wanted = text.split(":")
    return Person(mark, int(losses), tuple(map(int, wanted.split(">"))))


def root_of(leaves: Iterable[str]) -> str:
    """One hash for the whole list: SHA-256 of the leaves in their order, each on a line."""
    root = sha256()
    for leaf in leaves:
        root.update(f"{leaf}\n".encode())
    return root.hexdigest()
