"""Screens in a process of their own, as a scenario uses them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

from bench.audit import simple
from bench.conversation import Silent
from bench.ground import HOST
from bench.stage import Stage

OPENING = 1260  # seconds; a crowded machine opens a hundred sockets per second
CATCH_UP = 20  # seconds within which every screen must show the truth


class Watchers:
    """So many sockets on the shop's live server, spread over the drops; all have their snapshot when `with` begins."""

    def __init__(self, stage: Stage, drops: Sequence[Any], sockets: int) -> None:
        self.stage, self.drops, self.sockets = stage, list(drops), sockets
        self.seconds_to_open = 0.0

    def __enter__(self) -> Self:
        port = self.stage.ground.server("shop").port
        self.partner = self.stage.ground.partner("screens", "bench.screens")
        watch = {"host": HOST, "port": port, "drops": [str(drop.pk) for drop in self.drops], "sockets": self.sockets}
        self.partner.tell(watch=watch)
        opened = self.partner.hear(OPENING)
        if opened["seated"] < self.sockets:
            raise Silent(f"Only {opened['seated']} of {self.sockets} sockets were opened; closed: {opened['reasons']}")
        self.seconds_to_open = opened["seconds"]
        return self

    def __exit__(self, *exception: object) -> None:
        self.partner.stop()

    def read_lazily(self, seconds: float) -> None:
        """Read every socket only so often: what waits in the kernel costs no CPU that the server could use. 0: at once."""
        self.partner.ask(10, lazy=seconds)

    def expect(self, drop: Any, size: str, version: int) -> None:
        """From now on watch for this version; `arrived` tells when every screen has it."""
        self.partner.tell(**{"await": [str(drop.pk), size, version]})

    def arrived(self) -> Mapping[str, Any]:
        """`first` and `last`: monotonic nanoseconds at which the first and the last screen had it."""
        return self.partner.hear(CATCH_UP)

    def report(self) -> Mapping[str, Any]:
        """Everything the screens have seen so far."""
        return self.partner.ask(30, tell=True)

    def settle(self, scenario: str) -> Mapping[str, Any]:
        """Wait until every screen shows what the database says, and audit that none went backwards or away."""
        self.read_lazily(0)
        late = 0
        for drop in self.drops:
            for label, version in self.stage.ground.sql("SELECT label, version FROM drops_size WHERE drop_id = %s", drop.pk):
                self.expect(drop, label, version)
                late += not self._arrives()
        time.sleep(0.2)
        seen = self.report()
        faults = [
            (late == 0, f"{late} sizes did not reach every screen within {CATCH_UP} s"),
            (seen["backwards"] == 0, f"{seen['backwards']} times a screen was told an older version"),
            (seen["closed"] == 0, f"{seen['closed']} sockets were closed: {seen['reasons']}"),
            (seen["behind"] == 0, f"{seen['behind']} screens show less than others"),
        ]
        self.stage.check(simple(f"{scenario}, the screens", faults))
        return seen

    def _arrives(self) -> bool:
        try:
            self.arrived()
        except Silent:
            return False
        return True
