"""How much of something one address may have at a time, so that nobody has all of it."""

from collections import defaultdict
from collections.abc import Callable


class Share:
    """Counts by address. `each` says how much one address may have, `total` how much all of them may have together."""

    def __init__(self, each: Callable[[], int], total: Callable[[], int] | None = None) -> None:
        self._each, self._total = each, total
        self._taken: defaultdict[str, int] = defaultdict(int)
        self._sum = 0

    def take(self, address: str, amount: int = 1) -> bool:
        """Whether the address now has so much more; False where that is too much, and then it has no more than before."""
        if self._taken.get(address, 0) + amount > self._each():
            return False
        if self._total is not None and self._sum + amount > self._total():
            return False
        self._taken[address] += amount
        self._sum += amount
        return True

    def give_back(self, address: str, amount: int = 1) -> None:
        """The address has so much less; one that has nothing left is forgotten."""
        self._taken[address] -= amount
        self._sum -= amount
        if self._taken[address] <= 0:
            del self._taken[address]

    def __len__(self) -> int:
        """How many addresses have something."""
        return len(self._taken)
