"""A live process as its neighbours know it: several of them in one event loop, connected as they are in life."""

import asyncio
import uuid
from collections import Counter

from reservations.desk.group_commit import Batcher, GroupCommit
from reservations.desk.hand_over import HandOver, only_wanted, pack_refusal, unpack_refusal
from reservations.holds.errors import AllHeld
from tests.harness.patience import PATIENCE, until

DROPS = [uuid.UUID(int=number) for number in range(40)]


class Wish(str):
    """A text that somebody wishes."""

    asker = None


class Words:
    """Wishes and answers that are texts, as they travel."""

    def pack(self, wish):
        return [wish]

    def unpack(self, packed, asker):
        wish = Wish(packed[0])
        wish.asker = asker
        return wish

    def pack_answer(self, wish, answer):
        return [None, answer] if isinstance(answer, str) else [pack_refusal(answer)]

    def unpack_answer(self, wish, packed):
        refused, *answer = packed
        return answer[0] if refused is None else unpack_refusal(refused)


class Process:
    """What a live process has of all this: its desk, its lines and its neighbours."""

    def __init__(self, folder, name):
        self.decided = Counter()
        self.desk = GroupCommit(threads=2)
        self.batcher = Batcher(self.desk, self.serve, look_up=only_wanted(self.look_up), rank=1)
        self.hand_over = HandOver(folder)
        self.hand_over.neighbours.name = name
        self.hand_over.share("words", self.batcher, Words())

    def look_up(self, drop_id, wishes):
        return [None] * len(wishes)

    def serve(self, drop_id, wishes, known, nearly_done):
        wanted = [wish for wish, refusal in zip(wishes, known, strict=True) if refusal is None]
        self.decided[drop_id] += len(wanted)
        return [
            refusal or (AllHeld(size="9", retry_at="soon") if wish == "all" else f"answer to {wish}")
            for wish, refusal in zip(wishes, known, strict=True)
        ]

    @property
    def there(self):
        return self.hand_over.neighbours.there

    def owns(self, drop_id):
        return self.hand_over.neighbours.owner_of(drop_id) is None

    def ask(self, drop_id, wish):
        return self.batcher.ask(drop_id, Wish(wish))

    async def stop(self):
        await self.hand_over.stop()
        self.desk.stop()


def play(folder, scene, *, names="ab"):
    """What `scene(a process of each name)`, a coroutine, returns, once they know each other."""

    async def run():
        processes = [Process(folder, name) for name in names]
        for process in processes:
            await process.hand_over.start()
        await acquainted(*processes)
        try:
            return await asyncio.wait_for(scene(*processes), PATIENCE)
        finally:
            for process in processes:
                await process.stop()

    return asyncio.run(run())


async def acquainted(*processes):
    names = {process.hand_over.neighbours.name for process in processes}
    await until(lambda: all({*each.there, each.hand_over.neighbours.name} == names for each in processes))
