"""A size run written in one line: "7-12:20", or "7, 7.5, 8 = 10; 9-11/0.5 = 20", or "S, M, L = 5"; and its order."""

import re
from collections.abc import Iterable
from decimal import Decimal, DecimalException
from typing import Any, Protocol
from uuid import UUID

from drops.sizes.labels import meant, place
from drops.sizes.values import InvalidSize, SizeSystem, read_size
from drops.stock import counters
from drops.stock.models import Size
from dropshop.core.errors import Invalid

MAX_SIZES = 60  # sizes in one run; no shoe has more
MAX_PAIRS_OF_A_SIZE = 1_000_000  # pairs of one size
NO_SUCH_SIZE = "This drop has no such size."
COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")  # a list, or a decimal comma


class HasSizes(Protocol):
    """A drop, which stands above its run."""

    @property
    def sizes(self) -> Any: ...


class InvalidSizeRun(ValueError):
    """The text is no size run; says what is wrong with which part."""


def parse_size_run(text: str, system: str = SizeSystem.US_MEN) -> list[tuple[str, int]]:
    """Each size of that system with its pairs, in the order written; raises InvalidSizeRun.

    Groups are parted by ";" or a new line; each is labels, ":" or "=", and the pairs that each of its sizes gets.
    "7-12" steps by whole sizes, "7-12/0.5" by halves.
    """
    run: list[tuple[str, int]] = []
    for group in text.replace("\n", ";").split(";"):
        if group.strip():
            run += [(label, pairs) for pairs in [_pairs(group)] for label in _labels(group)]
        if len(run) > MAX_SIZES:
            raise InvalidSizeRun(f"That makes more than {MAX_SIZES} sizes.")
    run = [(_read(label, system), pairs) for label, pairs in run]
    labels = [label for label, _ in run]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise InvalidSizeRun(f"{', '.join(twice)} is there twice.")
    _require_no_commas(text, system)
    return run


def _require_no_commas(text: str, system: str) -> None:
    """Raises InvalidSizeRun for a comma that may part two sizes, and may be a decimal one."""
    for whole, part in COMMA.findall(text):
        if all(_is_size(size, system) for size in (f"{whole}.{part}", whole, part)):
            raise InvalidSizeRun(f"“{whole},{part}” may be one size or two; write “{whole}.{part}” or “{whole}, {part}”.")


def _is_size(text: str, system: str) -> bool:
    try:
        read_size(text, system)
    except InvalidSize:
        return False
    return True


def _parts(group: str) -> tuple[str, str]:
    labels, sign, pairs = group.replace("=", ":").rpartition(":")
    if not sign:
        raise InvalidSizeRun(f"“{group.strip()}” does not say how many pairs; write {group.strip()}:20.")
    return labels.strip(), pairs.strip()


def _pairs(group: str) -> int:
    _, pairs = _parts(group)
    if not (pairs.isascii() and pairs.isdigit() and len(pairs) < 8 and int(pairs) <= MAX_PAIRS_OF_A_SIZE):
        raise InvalidSizeRun(f"“{pairs}” is not a number of pairs.")
    return int(pairs)


def _labels(group: str) -> Iterable[str]:
    labels, _ = _parts(group)
    for label in (part.strip() for part in labels.split(",")):
        if not label or ":" in label:
            raise InvalidSizeRun(f"“{label}” is not the name of a size.")
        yield from _range(label) or [label]


def _read(label: str, system: str) -> str:
    try:
        return read_size(label, system)
    except InvalidSize as refusal:
        raise InvalidSizeRun(str(refusal)) from None


def _range(label: str) -> list[str]:
    """The sizes of "7-12/0.5"; empty where the label is no range of numbers ("EU-42")."""
    ends, steps, step_text = label.partition("/")
    low, sign, high = (part.strip() for part in ends.partition("-"))
    first, last, step = _number(low), _number(high), _number(step_text if steps else "1")
    if not sign or first is None or last is None:
        return []
    if step is None or step <= 0 or last < first or (last - first) / step > MAX_SIZES:
        raise InvalidSizeRun(f"“{label}” is not a range of sizes.")
    if (last - first) % step:
        raise InvalidSizeRun(f"“{label}” does not come to {high} in steps of {_plain(step)}.")
    return [_plain(first + step * place) for place in range(int((last - first) / step) + 1)]


def _number(text: str) -> Decimal | None:
    if not (text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 6):
        return None
    try:
        return Decimal(text)
    except DecimalException:
        return None


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def sort_sizes(drop_id: UUID) -> None:
    """The sizes from small to large; those that are no numbers behind them, in the order they came."""
    locked = sorted(counters.lock_run(drop_id).values(), key=lambda size: size.pk)
    run = sorted(locked, key=lambda size: place(size.label))
    for position, size in enumerate(run):
        if size.position != position:
            Size.objects.filter(pk=size.pk).update(position=position)


def check_room(drop_id: UUID, more: int) -> None:
    """Raises InvalidSizeRun where the drop's run would become longer than any, with so many more sizes."""
    if Size.objects.filter(drop=drop_id).count() + more > MAX_SIZES:
        raise InvalidSizeRun(f"A drop has at most {MAX_SIZES} sizes.")


def find_size(drop: HasSizes, text: str) -> Size | None:
    """The drop's size that the text means, however it is spelled; None for none, and where it could mean two."""
    run = {size.label: size for size in drop.sizes.all()}
    label = meant(text, run)
    return None if label is None else run[label]


def require_size(drop: HasSizes, text: str) -> Size:
    """The drop's size that the text means, as `find_size` finds it; raises Invalid, at `size`, where there is none."""
    size = find_size(drop, text)
    if size is None:
        raise no_such_size()
    return size


def no_such_size() -> Invalid:
    """For a size that a form or a body names."""
    return Invalid(errors={"size": [NO_SUCH_SIZE]})
