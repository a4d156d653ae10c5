"""Who gets which pair, once the order of a draw is known (docs/draws.md): pure, with integers only."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reservations.draws.leaves import Entry, Person


class DrawnEntry(NamedTuple):
    """What a leaf has come to; the list of places is in order of rank."""

    entry: Entry
    sizes: tuple[int, ...]  # the size that each of its people got; empty where it got none
    stepped_back: bool = False  # it would have got one, but a group took it
    waits: tuple[tuple[int, int], ...] = ()  # for each size asked for, its number and the first place on its waitlist


def allot(order: Sequence[tuple[bytes, Entry]], stock: Sequence[int]) -> list[DrawnEntry]:
    """What each leaf gets, in order of rank; `stock`: the pairs of each size, by number."""
    turn = _Turns(order, stock)
    for rank, (lot, entry) in enumerate(order):
        if len(entry.people) == 1:
            turn.single(rank, entry.people[0].sizes)
        else:
            turn.group(rank, entry.people, int.from_bytes(lot[-8:]))
    waiting = [0] * len(turn.left)
    return [
        DrawnEntry(entry, got) if got else DrawnEntry(entry, (), rank in turn.stepped_back, _waits(entry.people, waiting))
        for rank, ((_, entry), got) in enumerate(zip(order, turn.got, strict=True))
    ]


def _waits(people: Sequence[Person], waiting: list[int]) -> tuple[tuple[int, int], ...]:
    """The places that these people take on the waitlists of their sizes, of which each has so many `waiting` already."""
    first: dict[int, int] = {}
    for _, _, sizes in people:
        for size in sizes:
            waiting[size] += 1
            first.setdefault(size, waiting[size])
    return tuple(sorted(first.items()))


class _Turns:
    """Who has which pair, while one leaf after the other has its turn."""

    def __init__(self, order: Sequence[tuple[bytes, Entry]], stock: Sequence[int]) -> None:
        self.order = order
        self.left = [0, *stock]
        self.got: list[tuple[int, ...]] = [()] * len(order)
        self.singles: list[list[int]] = [[] for _ in self.left]  # the ranks of the singles who have a pair of each size
        self.stepped_back: set[int] = set()
        self.pairs = sum(stock)
        heads = [len(people) for _, (_, people) in order]
        self.all = sum(heads)
        self.grouped = self.all - heads.count(1)

    def wish_of(self, rank: int) -> Sequence[int]:
        """What the single person of this rank asked for."""
        return self.order[rank][1].people[0].sizes

    def single(self, rank: int, sizes: Sequence[int]) -> bool:
        """One person gets the first of their sizes that is left."""
        for size in sizes:
            if self.left[size]:
                self.left[size] -= 1
                self.got[rank] = (size,)
                insort(self.singles[size], rank)
                return True
        return False

    def group(self, rank: int, people: Sequence[Person], coin: int) -> None:
        """A group gets a pair for each of its people, or none.

        Where pairs are left for some of them only, it wins as often as they would have won alone, in the mean: the pairs that
        it lacks come from the singles who won last, who then get what else is left. Else those pairs go on to the next. What
        singles would lose by that for good is taken off the chance, and so is that a group is not in its own way, as singles
        are in each other's; so neither gains by being the other.
        """
        wishes = [person.sizes for person in people]
        if together := self._together(wishes):
            self._take(rank, together, {})
            return
        alone = sum(any(self.left[size] for size in sizes) for sizes in wishes)
        if not alone:
            return
        some = self._some(wishes)
        beyond = Counter(dict(enumerate(self.left))) - Counter(some)
        lack_one_another = alone > sum(map(bool, some))
        freed = self._freed(wishes, some)
        if freed is None:
            return
        ousted = sum(not any(size in beyond for size in self.wish_of(other)) for other in freed)
        singles, seats = self.all - self.grouped, len(people)
        losers = self.all - min(self.all, self.pairs) if lack_one_another else self.all
        if coin * (seats * singles + ousted * self.grouped) * self.all < alone * singles * losers << 64:
            self._take(rank, some, freed)

    def _together(self, wishes: Sequence[Sequence[int]]) -> list[int]:
        """A size for each, where that is possible: the first person's first wish comes first, and so on; else []."""
        if not wishes:
            return []
        for size in wishes[0]:
            if self.left[size]:
                self.left[size] -= 1
                others = self._together(wishes[1:])
                self.left[size] += 1
                if others or len(wishes) == 1:
                    return [size, *others]
        return []

    def _some(self, wishes: Sequence[Sequence[int]]) -> list[int]:
        """For each person in their order the first of their sizes that is left; 0 where none is."""
        taken: dict[int, int] = defaultdict(int)
        some = []
        for sizes in wishes:
            some.append(next((size for size in sizes if self.left[size] > taken[size]), 0))
            taken[some[-1]] += 1
        return some

    def _freed(self, wishes: Sequence[Sequence[int]], some: list[int]) -> dict[int, int] | None:
        """The singles who step back, by rank, with their sizes, which are filled into `some`: of those who have a size that is
        wanted, the one who won last. None where there are not enough."""
        freed: dict[int, int] = {}
        for person, sizes in enumerate(wishes):
            if not some[person]:
                ranks = ((rank, size) for size in sizes for rank in self._last(size, freed))
                last, size = max(ranks, default=(-1, 0))
                if last < 0:
                    return None
                freed[last] = some[person] = size
        return freed

    def _last(self, size: int, but: dict[int, int]) -> list[int]:
        """The single who was the last to get this size, of those who have not stepped back yet."""
        return [rank for rank in self.singles[size][-1 - len(but) :] if rank not in but][-1:]

    def _take(self, rank: int, sizes: Sequence[int], freed: dict[int, int]) -> None:
        for other, size in freed.items():
            self.singles[size].remove(other)
            self.left[size] += 1
            self.got[other] = ()
        for size in sizes:
            self.left[size] -= 1
        self.got[rank] = tuple(sizes)
        for other in sorted(freed):
            if not self.single(other, self.wish_of(other)):
                self.stepped_back.add(other)


def rank_lines(places: Iterable[DrawnEntry]) -> Iterator[str]:
    """ranks.csv, line by line: rank, leaf, the numbers of the sizes won (`3+4`; empty for none), a remark, and for each size
    asked for the first place on its waitlist (`3:41 4:7`)."""
    yield "rank,leaf,won,remark,waitlist\n"
    for rank, place in enumerate(places, 1):
        won, remark = "+".join(map(str, place.sizes)), "stepped back" if place.stepped_back else ""
        waits = " ".join(f"{size}:{first}" for size, first in place.waits)
        yield f"{rank},{place.entry.leaf},{won},{remark},{waits}\n"
