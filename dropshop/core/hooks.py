"""What a room asks of the rooms above it, which it may not import.

A hook is declared beside the code that calls it, and filled at start-up by the app that knows the answer (`ready` in apps.py):

    pairs_changed: Hook[Callable[[Collection[UUID], str], object]] = Hook("community.closet.pairs_changed")
    ...
    pairs_changed.value(ids, "A pair in it was changed by its owner.")

Filling twice with the same value changes nothing, so the order in which apps start does not matter; two different values are a
mistake and raise. What is still empty once all apps are ready is named by `empty_hooks`, which a system check reports.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_required: "list[Hook | Registry]" = []


class Hook(Generic[T]):
    """One value, which exactly one room above provides; `optional` ones are asked for with `filled` first."""

    def __init__(self, name: str, *, optional: bool = False) -> None:
        self.name = name
        self.filled: T | None = None
        if not optional:
            _required.append(self)

    def fill(self, value: T) -> None:
        """The value from now on; raises ValueError where there is another one."""
        if self.filled is not None and self.filled != value:
            raise ValueError(f"The hook {self.name} is filled by {self.filled!r}, and now by {value!r}.")
        self.filled = value

    def empty(self) -> None:
        """As before it was filled: for a process that provides it only while it lives."""
        self.filled = None

    @property
    def value(self) -> T:
        """What was filled in; raises LookupError where nothing was."""
        if self.filled is None:
            raise LookupError(f"The hook {self.name} is empty.")
        return self.filled

    def missing(self) -> list[str]:
        """Its name, where it is empty."""
        return [self.name] if self.filled is None else []


class Registry(Generic[T]):
    """Values by name, each of them provided by one room; read in the order of their ranks, then of their names.

    `must_hold`: the names that must be there once all apps are ready.
    """

    def __init__(self, name: str, *, must_hold: Collection[str] = ()) -> None:
        self.name, self.must_hold = name, tuple(must_hold)
        self._values: dict[str, tuple[int, T]] = {}
        _required.append(self)

    def add(self, name: str, value: T, *, rank: int = 0) -> None:
        """One more value; raises ValueError where another one has this name."""
        there = self._values.get(name)
        if there is not None and there != (rank, value):
            raise ValueError(f"{name} in the registry {self.name} is {there[1]!r}, and now {value!r}.")
        self._values[name] = rank, value
        self._values = dict(sorted(self._values.items(), key=lambda item: (item[1][0], item[0])))

    def __getitem__(self, name: str) -> T:
        return self._values[name][1]

    def __iter__(self) -> Iterator[T]:
        return (value for _, value in self._values.values())

    def names(self) -> list[str]:
        """Of all values."""
        return [*self._values]

    def missing(self) -> list[str]:
        """The names that must be there and are not."""
        return [f"{self.name}[{name}]" for name in self.must_hold if name not in self._values]


# Called after every migration, as Django's `post_migrate` is: what must exist wherever the tables do.
after_migrate: Registry[Callable[..., None]] = Registry("dropshop.after_migrate")


def empty_hooks() -> list[str]:
    """The names of required hooks that nobody has filled."""
    return [name for hook in _required for name in hook.missing()]
