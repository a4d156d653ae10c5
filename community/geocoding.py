"""From what somebody typed to a place: by the gazetteer."""

from community import gazetteer
from community.gazetteer import City


def locate(text: str) -> tuple[City | None, list[City]]:
    """The city that is meant, where that is clear; and all that could be."""
    return gazetteer.the_one(text), gazetteer.find(text)
