"""Those who are decided together at the desk, and how they are answered."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any


class CommitBatch:
    """Wishes that are decided together, taken from the head of a line."""

    def __init__(self, waiting: deque[tuple[Any, asyncio.Future[Any]]], share: int, let_next_in: Callable[[], Any]) -> None:
        taken = [waiting.popleft() for _ in range(min(share, len(waiting)))]
        self.wishes = [wish for wish, _ in taken]
        self._futures = [future for _, future in taken]
        self._let_next_in: Callable[[], Any] | None = let_next_in
        self.known: Sequence[Any] | None = None  # what was looked up for all of them
        self.begun = time.monotonic()  # its operation, or the last attempt at it

    def nearly_done(self) -> None:
        """From now on the next batch may leave the line. Only the first call counts."""
        if self._let_next_in is not None:
            self._let_next_in()
            self._let_next_in = None

    def answer(self, answers: Sequence[Any]) -> None:
        """Give each its own; whoever was cancelled meanwhile has lost the answer, not what was decided."""
        for future, answer in zip(self._futures, answers, strict=True):
            if not future.done():
                future.set_result(answer)
