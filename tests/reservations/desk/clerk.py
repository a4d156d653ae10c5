"""Somebody who serves the desk's batches, and shoppers who ask for something."""

import asyncio
import threading
import uuid

from django.db import OperationalError

from reservations.desk.group_commit import Batcher, GroupCommit
from tests.harness.patience import PATIENCE, until

DROP = uuid.uuid4()


class Clerk:
    """Serves when let; remembers every batch."""

    def __init__(self):
        self.batches = []
        self.called, self.may_go = threading.Event(), threading.Event()
        self.poison = set()
        self.fail_once = False
        self.trouble = None

    def __call__(self, drop_id, wishes, known, nearly_done):
        self.called.set()
        self.may_go.wait(PATIENCE)
        self.batches.append(list(wishes))
        if self.fail_once:
            self.fail_once = False
            raise OperationalError("the server closed the connection unexpectedly")
        if self.trouble is not None:
            raise self.trouble
        if self.poison & set(wishes):
            raise ZeroDivisionError
        return [f"answer to {wish}" for wish in wishes]


def ask_all(clerk, wishes, *, let_first_in=True):
    """What each wish got; the first is being served while the others arrive."""

    async def scene():
        desk = GroupCommit()
        counter = Batcher(desk, clerk, rank=1)
        asked = []
        for number, wish in enumerate(wishes):
            asked.append(asyncio.create_task(counter.ask(DROP, wish)))
            if number == 0 and let_first_in:
                await until(clerk.called.is_set)
        await asyncio.sleep(0)  # each has joined the line
        clerk.may_go.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        desk.stop()
        return answers

    return asyncio.run(scene())
