"""Notices to many members about one thing: stored with the operation, sent by workers in batches, once to each member.

The operation writes one row (`Telling`), however many members follow. The first few members are told right after the commit,
when no lock is held any more; the others by a sweep of the workers every second, which notes how far it has come. The row goes
with the last of them. So nobody who reports or votes waits for thousands of notices, nor for the queue, and nothing is lost
where a process dies or Redis is away: the row is still there.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from community.notifications import notices
from community.notifications.models import Notice, Telling
from dropshop.core.hooks import Registry
from dropshop.core.sweeps import log_failure
from dropshop.core.transactions import after_commit, retrying

BATCH_MEMBERS, FIRST_MEMBERS = 500, 50  # members in one transaction; and in the one that the caller of the operation waits for
MAX_TELLINGS, MAX_BATCHES = 100, 10  # tellings and batches of one run: other tasks wait for it, and the next one goes on
What = Telling.What


class Audience(NamedTuple):
    """Who is to be told, and how. `members(after, most)`: the ids of the next ones, in their order."""

    members: Callable[[UUID | None, int], list[UUID]]
    kind: str
    cause: str
    text: str
    url: str


class Later(Exception):
    """The subject is being changed: its members are told by a later run."""


# How the audience of a telling is found when it is time; None: it is no longer true, and nobody is told. May raise Later.
audiences: Registry[Callable[[Telling], Audience | None]] = Registry("community.notifications.audiences", must_hold=What.values)


def of_restock(restock_id: UUID, what: Telling.What, sizes: Iterable[str] = ()) -> None:
    """The members concerned will be told. Call it inside the operation's transaction."""
    waiting = Telling.objects.create(what=what, restock_id=restock_id, sizes=list(sizes))
    after_commit(_notify_next_batch, waiting.pk, FIRST_MEMBERS)


def of_pair(pair_id: UUID, what: Telling.What) -> None:
    """The members concerned will be told, also about a thousand imported pairs. Call it inside the operation's transaction."""
    Telling.objects.create(what=what, pair_id=pair_id)


def sweep() -> int:
    """Tells the next members of all that waits, the oldest first; how many were told. Safe when run twice at once.

    What fails is logged and stays for the next run; it keeps nothing behind it waiting.
    """
    told = batches = 0
    for pk in Telling.objects.order_by("created_at", "id").values_list("pk", flat=True)[:MAX_TELLINGS]:
        with log_failure("members could not be told", telling=str(pk)):
            while batches < MAX_BATCHES and (batch := _notify_next_batch(pk, BATCH_MEMBERS)) is not None:
                told, batches = told + len(batch), batches + 1
    return told


@retrying
def _notify_next_batch(pk: UUID, most: int) -> list[Notice] | None:
    """One batch of it, of at most so many; None where that was the last, or where somebody is at it."""
    with transaction.atomic():
        waiting = Telling.objects.select_for_update(skip_locked=True, of=("self",))
        waiting = waiting.select_related("restock__store", "restock__sneaker", "restock__reporter")
        locked = waiting.filter(pk=pk).first()
        if locked is None:
            return None
        try:
            audience = audiences[locked.what](locked)
        except Later:
            return None
        members = audience.members(locked.told, most) if audience else []
        if audience is None or not members:
            locked.delete()
            return None
        if len(members) < most:
            locked.delete()
        else:
            Telling.objects.filter(pk=pk).update(told=members[-1])
        return notices.notify(members, audience.kind, cause=audience.cause, text=audience.text, url=audience.url)
