"""The labels of sizes: those that a sneaker's typed sizes become, the one that a text means, and their order."""

from collections.abc import Collection, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from drops.sizes.values import LABEL_MAX_LENGTH, LETTERS, WRITTEN, InvalidSize, SizeSystem, in_letters, number_of, read_size
from dropshop.core.errors import Invalid
from dropshop.core.spelling import spelled_plainly


class HasSizeSystem(Protocol):
    """A sneaker, which stands above the sizes."""

    @property
    def size_system(self) -> str: ...


def size_label(text: str, sneaker: HasSizeSystem) -> str:
    """The label of the typed size among those of the sneaker (S6); raises Invalid for what is none."""
    try:
        return read_size(text, sneaker.size_system)
    except InvalidSize as refusal:
        raise Invalid(errors={"size": [str(refusal)]}) from None


def size_labels(texts: Iterable[str], sneaker: HasSizeSystem, *, most: int) -> list[str]:
    """The labels of the typed sizes in order, each once; raises Invalid for what is no size, and for more than `most`."""
    labels, wrong = set(), []
    for text in texts:
        try:
            labels.add(read_size(text, sneaker.size_system))
        except InvalidSize as refusal:
            wrong.append(str(refusal))
        if len(labels) + len(wrong) > most:
            raise Invalid(errors={"sizes": [f"At most {most} sizes, such as 9 or 9.5."]})
    if wrong:
        raise Invalid(errors={"sizes": wrong})
    return in_order(labels)


@lru_cache(maxsize=1024)  # finding out takes longer than a hold does
def possible_labels(text: str) -> frozenset[str]:
    """Every label that somebody may mean who does not say of which sneaker; what was typed is among them, for labels of old."""
    labels = {" ".join(text.split())[:LABEL_MAX_LENGTH]}
    for system in SizeSystem.values:
        try:
            labels.add(read_size(text, system))
        except InvalidSize:
            continue
    return frozenset(labels)


def meant(text: str, labels: Collection[str]) -> str | None:
    """Which of these labels the text means; None for none, and where it could mean two."""
    if text in labels:
        return text
    found = possible_labels(text).intersection(labels)
    return next(iter(found)) if len(found) == 1 else None


def in_order(labels: Iterable[str]) -> list[str]:
    """Each label once: children's, youth's, plain numbers, those of other systems, letters from small to large, words."""
    return sorted(set(labels), key=place)


def place(label: str) -> tuple[int, Fraction, str]:
    """Where a label stands among others."""
    text = spelled_plainly(label)
    if letters := LETTERS.fullmatch(text):
        return PLACES["letters"], Fraction(_rank(in_letters(letters))), text
    written = WRITTEN.fullmatch(text)
    if written is None:
        return PLACES["words"], Fraction(0), text
    marks = written["before"] + written["after"]
    return PLACES.get(marks.strip(), PLACES["other"]), number_of(written["number"], SizeSystem.EU, label), text


PLACES = {"c": 0, "y": 1, "": 2, "other": 3, "letters": 4, "words": 5}


def _rank(letters: str) -> int:
    """S is below M, each X further out."""
    if letters == "M":
        return 0
    times, end = letters[:-1], letters[-1]
    out = 1 + (int(times[0]) if times[:1].isdigit() else len(times))
    return -out if end == "S" else out
