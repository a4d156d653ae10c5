"""The face of a member who shows no picture: drawn from the name, the same wherever the name stands."""

import hashlib
from typing import NamedTuple

TINTS = ("ember", "tide", "moss", "volt", "lilac", "sand", "slate", "rose", "mint", "sky")


class Face(NamedTuple):
    """The tint of the ground, by how many degrees the cap is turned, and the letter on it."""

    tint: str
    turn: int
    letter: str


def face_of(name: str) -> Face:
    """Drawn from the name alone; capitals do not matter."""
    drawn = hashlib.sha256(name.casefold().encode()).digest()
    letter = next((sign for sign in name.casefold() if sign.isalnum()), "?")
    return Face(TINTS[drawn[0] % len(TINTS)], drawn[1] * 360 // 256, letter)
