"""Random processes of one shop, killed or frozen one after the other, and started again. Only those that the shop started."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.harness.shop import Shop

KILL, FREEZE = "kill", "freeze"
BEHIND = ("worker", "sweeper", "mailer", "beat")  # the shop sells without them
DOWN = (0.2, 2.0)  # seconds that a killed process is missed
FROZEN = (0.5, 5.5)  # seconds; longer than PostgreSQL bears a silent transaction (4 s)


class Mischief:
    """To be done in the main thread: a child dies with the thread that started it."""

    def __init__(
        self, shop: Shop, chance: random.Random, *, names: Sequence[str], deeds: Sequence[str], every: tuple[float, float]
    ) -> None:
        self.shop, self.chance, self.names, self.deeds, self.every = shop, chance, list(names), list(deeds), every
        self.done: Counter[str] = Counter()
        self.by_themselves: Counter[str] = Counter()

    def go_on(self, wanted: Callable[[], bool]) -> None:
        """One deed every few seconds (`every`, from the beginning of one to that of the next) while it is wanted."""
        while wanted():
            began, pause = time.monotonic(), self.chance.uniform(*self.every)
            if names := self.struck_next():
                self.strike(self.chance.choice(names), self.chance.choice(self.deeds))
            self.look_after(lambda end=began + pause: wanted() and time.monotonic() < end)

    def look_after(self, wanted: Callable[[], bool]) -> None:
        """Strike nobody; what ends by itself is started again while it is wanted."""
        while wanted():
            self.raise_the_dead()
            time.sleep(0.05)

    def struck_next(self) -> list[str]:
        """Whoever runs; what the shop sells with only once all of that is back, however long a busy machine takes."""
        back = [name for name in self.names if self.shop.is_up(name)]
        return back if len(back) == len(self.names) else [name for name in back if name in BEHIND]

    def strike(self, name: str, deed: str) -> None:
        """Kill the process and start it again after a while, or freeze it for a while."""
        self.done[f"{deed} {name}"] += 1
        if deed == KILL:
            self.shop.kill(name)
            time.sleep(self.chance.uniform(*DOWN))
            self.shop.restart(name)
        else:
            self.shop.freeze(name)
            time.sleep(self.chance.uniform(*FROZEN))
            self.shop.thaw(name)

    def raise_the_dead(self) -> None:
        """As `make run` and compose do: what has ended by itself is started again."""
        for name in self.shop.names:
            if not self.shop.child(name).alive:
                self.by_themselves[name] += 1
                self.shop.restart(name)
