"""Reads the sources that are due: each is read by one worker at a time, and each change is reported once.

`next_at` says whose reading it is: it is moved ahead by compare-and-set, and the new value is the reader's token. What a reader
found counts only while its token still stands there; a message delivered twice finds it gone.
"""

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from community.feed_reader import changes, matching, paging
from community.feed_reader.changes import Sight
from community.feed_reader.errors import RetryLater
from community.feed_reader.models import Source
from community.feed_reader.parsing import ParsedFeed, parse
from community.feed_reader.visits import PoliteClient
from community.restocks import reports
from drops.models import Sneaker
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.outbound.client import OutboundClient, OutboundResponse
from dropshop.core.outbound.errors import ReadingFailed
from dropshop.core.transactions import retrying

LEASE = timedelta(minutes=5)  # longer than a reading takes; a reader who died leaves the source due after it
MAX_CLAIMED = 20  # sources that one sweep claims
MAX_PAUSE = timedelta(days=1)

log = structlog.get_logger(__name__)


def due() -> list[tuple[UUID, datetime]]:
    """Claims the sources that are due, and gives their ids with the tokens to read them with."""
    waiting = Source.objects.filter(active=True, store__active=True, next_at__lte=ClockTimestamp()).order_by("next_at")
    claimed = ((pk, claim(pk, next_at)) for pk, next_at in waiting.values_list("pk", "next_at")[:MAX_CLAIMED])
    return [(pk, token) for pk, token in claimed if token is not None]


def claim(source_id: UUID, token: datetime) -> datetime | None:
    """Takes the source over from the holder of this token; the new token, or None where somebody else was faster."""
    new = database_time() + LEASE
    return new if Source.objects.filter(pk=source_id, next_at=token, active=True).update(next_at=new) else None


def read(source_id: UUID, token: datetime, *, visit: PoliteClient | None = None) -> None:
    """Reads the source and carries out what is news, where this token is still the source's; else does nothing."""
    mine = claim(source_id, token)
    if mine is None:
        return
    source = Source.objects.select_related("store").get(pk=source_id)
    try:
        answer = (visit or PoliteClient(OutboundClient())).read(source.url, _conditions(source))
        reading = None if answer.status == 304 else _understood(source, answer)
    except RetryLater as wish:
        Source.objects.filter(pk=source_id, next_at=mine).update(next_at=_in(wish.seconds))
    except ReadingFailed as failure:
        _failed(source, mine, failure)
    else:
        _done(source, mine, answer, reading)


def read_soon(source: Source) -> None:
    """Makes the source due; the next sweep reads it."""
    Source.objects.filter(pk=source.pk, active=True).update(next_at=ClockTimestamp())


def switch(source: Source, *, on: bool) -> None:
    """Reads the source from now on, beginning with a first reading, or no more. Doing it twice changes nothing."""
    if Source.objects.filter(pk=source.pk, active=not on).update(active=on) and on:
        _begin_anew(source.pk)


def change(source: Source, names: Iterable[str]) -> None:
    """Writes these fields of the source; of another feed nothing is known, so its next reading is a first one."""
    with transaction.atomic():
        source.save(update_fields=list(names))
        if {"url", "kind", "store"} & set(names):
            _begin_anew(source.pk)


def _begin_anew(source_id: UUID) -> None:
    """Forgets what was seen. Whoever reads it at this moment has lost it."""
    with transaction.atomic():
        state = {"read_at": None, "etag": "", "last_modified": "", "failures": 0, "trouble": "", "matched": 0, "unmatched": 0}
        state |= {"readings": 0, "most_listed": 0}
        Source.objects.filter(pk=source_id).update(next_at=ClockTimestamp(), **state)
        Source.objects.get(pk=source_id).offers.all().delete()


def _conditions(source: Source) -> dict[str, str]:
    """Headers by which the host may answer that nothing has changed."""
    said = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
    return {name: value for name, value in said.items() if value}


def _understood(source: Source, answer: OutboundResponse) -> ParsedFeed:
    if answer.status != 200:
        raise ReadingFailed(_words(answer.status), retry_after=_retry_after(answer))
    return parse(source.kind, answer, database_time())


def _words(status: int) -> str:
    known = {
        401: "It asks for a sign-in.",
        403: "The host forbids it.",
        404: "There is nothing at this address any more.",
        410: "There is nothing at this address any more.",
        429: "The host says that we ask too often.",
    }
    return f"{known.get(status, 'The host has trouble.' if status >= 500 else 'We cannot use this answer.')} ({status})"


def _retry_after(answer: OutboundResponse) -> float | None:
    """Seconds, where the host named them; the form with a date is read as well (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 9:
        return float(said)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - database_time().timestamp())
    except (ValueError, TypeError, OverflowError):
        return None


def pause_after(failures: int, every: float, retry_after: float | None = None) -> float:
    """Seconds until the next attempt: doubled with every failure in a row, half of it by chance, never more than a day.

    Chance keeps sources that failed together from coming back together. What the host asked for is the least.
    """
    most = min(every * 2 ** min(failures, 12), MAX_PAUSE.total_seconds())
    wished = min(retry_after or 0.0, MAX_PAUSE.total_seconds())
    return max(wished, random.uniform(most / 2, most))  # noqa: S311 - jitter, not a secret


def _failed(source: Source, token: datetime, failure: ReadingFailed) -> None:
    failures = min(source.failures + 1, 1000)
    pause = pause_after(failures, source.every_seconds, failure.retry_after)
    Source.objects.filter(pk=source.pk, next_at=token).update(
        failures=failures, trouble=failure.words[:300], next_at=_in(pause)
    )
    log.info("a source could not be read", source=str(source.pk), trouble=failure.words, failures=failures)


def _done(source: Source, token: datetime, answer: OutboundResponse, reading: ParsedFeed | None) -> None:
    """What was read becomes news, prices and the source's new state; None: nothing has changed.

    A sneaker of which there is news has a transaction of its own: one report's row, and then the karma accounts of those who
    spoke for it. With two reports in one, somebody who votes on the second would wait for us while we wait for their account.
    Whoever dies in between leaves the rest to the next reading.
    """
    sight, told = None, set()
    if reading is not None:
        source.matched, source.unmatched, sight = _seen(source, reading)
        source.most_listed = max(source.most_listed, reading.listed)
        source.etag, source.last_modified = _mark(answer, "etag", 300), _mark(answer, "last-modified", 100)
        for sneaker in changes.foresee(source, sight):
            if not _report_changes(source.pk, token, sight, sneaker):
                return
            told.add(sneaker.pk)
    _finish(source, token, sight, told)


def _seen(source: Source, reading: ParsedFeed) -> tuple[int, int, Sight]:
    """How many items are of our sneakers, how many are not, and what they say."""
    seen, unmatched = matching.match(reading.items, since=source.read_at)
    complete = reading.whole and not paging.may_be_a_page(reading.listed, source.most_listed)
    return len(reading.items) - unmatched, unmatched, Sight(seen, complete, empty=not reading.items)


@retrying
def _report_changes(source_id: UUID, token: datetime, sight: Sight, sneaker: Sneaker) -> bool:
    """Carries out what is news of this sneaker; False where the reading no longer counts."""
    with transaction.atomic():
        locked = _lock(source_id, token)
        if locked is None:
            return False
        news = changes.note(locked, sight, of={sneaker.pk})
        for things in news.came_in.values():
            cheapest = min((thing.money for thing in things if thing.money), key=lambda money: money.minor, default=None)
            sizes = [thing.size for thing in things if thing.size]
            reports.report_from_source(locked, sneaker, sizes, cheapest, things[0].link)
        if news.gone:
            reports.gone_from_source(locked, sneaker)
    return True


READ = ["matched", "unmatched", "most_listed", "etag", "last_modified"]  # what a reading says of the source


@retrying
def _finish(read: Source, token: datetime, sight: Sight | None, told: Collection[UUID]) -> None:
    """Brings the offers of all sneakers that were not `told` to what was seen, and the source to its new state."""
    with transaction.atomic():
        locked = _lock(read.pk, token)
        if locked is None:
            return
        if sight is not None:
            changes.note(locked, sight, without=told)
            for name in READ:
                setattr(locked, name, getattr(read, name))
            if changes.are_missed(locked):  # a 304 would not say whether they are missing still
                locked.etag = locked.last_modified = ""
        locked.readings += 1
        locked.failures, locked.trouble, locked.read_at = 0, "", database_time()
        locked.next_at = locked.read_at + timedelta(seconds=locked.every_seconds)
        locked.save()


def _lock(source_id: UUID, token: datetime) -> Source | None:
    """The source, locked; None where what we read no longer counts."""
    locked = Source.objects.select_for_update(no_key=True, of=("self",)).select_related("store").get(pk=source_id)
    return locked if _is_ours(locked, token) else None


def _mark(answer: OutboundResponse, name: str, longest: int) -> str:
    """What the host wants to be told again; "" for what is too long to keep, or what no header of ours can hold."""
    mark = answer.headers.get(name, "")
    return mark if len(mark) <= longest and mark.isascii() and mark.isprintable() else ""


def _is_ours(source: Source, token: datetime) -> bool:
    """Whether what we read still counts: whoever took over since has read something newer."""
    return source.active and source.next_at == token


def _in(seconds: float) -> object:
    return ClockTimestamp() + timedelta(seconds=seconds)
