"""What a member reads of their place: the API's `place`."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from drops.models import Drop
from dropshop.core.clock import iso
from dropshop.core.sql import rows
from reservations.queue.models import QueuePlace
from reservations.queue.order import PURPOSE, QueueOrder, order_of
from reservations.queue.promise import promise_of
from reservations.queue.rules import chance, even_chance, pace, poll_after
from reservations.queue.state import QueueState, SizeLeft, queue_of, read_state
from reservations.queue.verdicts import Verdict, verdict_on, verdicts_of
from reservations.seeds.models import DropSeed
from reservations.seeds.seal import rank, sealed

FRESH_SECONDS = 0.5  # for which what all share is remembered; whoever asks as often as they are told never sees an older one
MAX_BOARDS = 64  # queues of which a process remembers that
BEFORE, WAITING, ADMITTED, CANNOT_WIN, OVER = "before", "waiting", "admitted", "cannot_win", "over"
STATES = (BEFORE, WAITING, ADMITTED, CANNOT_WIN, "lapsed", "left", "done", OVER)


class OwnPlace(NamedTuple):
    """A member's newest place, as it is in the database."""

    number: int
    arrived_at: datetime
    sizes: list[int]
    admitted_until: datetime | None
    ended_at: datetime | None
    ending: str
    moment: datetime  # of this reading, by the database's clock


@dataclass(frozen=True, slots=True)
class Board:
    """What all who wait for one drop share."""

    drop: Drop
    state: QueueState
    verdicts: list[Verdict]
    present: int  # before the start: how many are there
    seed: DropSeed
    read_at: float


OWN = """
SELECT place.member_id, place.number, place.arrived_at, place.sizes, place.admitted_until, place.ended_at, place.ending,
       clock_timestamp()
  FROM unnest(%(members)s::uuid[]) AS given(member)
 CROSS JOIN LATERAL (
       SELECT * FROM {queueplace} WHERE member_id = given.member AND drop_id = %(drop)s ORDER BY number DESC LIMIT 1) AS place
"""
PRESENT = "SELECT count(*) FROM {queueplace} WHERE drop_id = %(drop)s AND ended_at IS NULL"
_boards: dict[UUID, Board] = {}
_lock = threading.Lock()


def board_of(drop: Drop, *, older: float = FRESH_SECONDS) -> Board:
    """What all share, as it was at most so many seconds ago."""
    board = _boards.get(drop.pk)
    if board is not None and time.monotonic() - board.read_at < older:
        return board
    with _lock:
        board = _boards.get(drop.pk)
        if board is None or time.monotonic() - board.read_at >= older:
            if len(_boards) >= MAX_BOARDS:
                _boards.pop(next(iter(_boards)))  # the one that was asked for first
            board = _boards[drop.pk] = _read(drop)
    return board


def _read(drop: Drop) -> Board:
    read_at, state = time.monotonic(), read_state(drop, queue_of(drop.pk))
    ((present,),) = rows(PRESENT, drop=drop.pk) if state.moment < drop.starts_at else ((0,),)
    return Board(drop, state, verdicts_of(drop.pk), present, sealed(drop.pk), read_at)


def places_of(drop: Drop, members: Collection[UUID], *, older: float = FRESH_SECONDS) -> Mapping[UUID, dict[str, Any]]:
    """What each of these members reads of their place; who never had one is missing. As many statements for a hundred."""
    own = {member: OwnPlace(*place) for member, *place in rows(OWN, drop=drop.pk, members=[*members])}
    if not own:
        return {}
    newest = max(place.number for place in own.values())
    has_begun = max(place.moment for place in own.values()) >= drop.starts_at  # before that nobody has a place
    order = order_of(drop, older=older, knows=newest) if has_begun else None
    board = board_of(drop, older=older)
    return {member: _facts(drop, board, order, member, place) for member, place in own.items()}


def _facts(drop: Drop, board: Board, order: QueueOrder | None, member: UUID, own: OwnPlace) -> dict[str, Any]:
    """`drop` may be newer than the board's: it may have been called off since."""
    state, queue = board.state, board.state.queue
    place = order.place_of(own.number) if order is not None else None
    verdict = verdict_on(place, board.verdicts) if place is not None else None
    name = _state(drop, own, place, verdict)
    ahead = order.ahead_of(place) if order is not None and place is not None and name in (WAITING, CANNOT_WIN) else None
    waits = name in (BEFORE, WAITING)
    return {
        "drop": str(drop.pk),
        "state": name,
        "place": place,
        "of": len(order) if order is not None else board.present,
        "ahead": ahead,
        **_turn(board, own, place, ahead, name),
        "chance": _chance(board, order, place, ahead, None) if waits else None,
        "sizes": _sizes(board, order, own, place, ahead) if waits or name == ADMITTED else [],
        "cannot_win": _verdict(own, verdict) if name == CANNOT_WIN and verdict else None,
        "price": drop.money.facts,
        "left": state.stock.left,
        "held": state.stock.held,
        "sold": state.stock.sold,
        "let_in": state.let_in,
        "took": state.endings.took,
        "in_turn": state.in_turn,
        "on_hold": queue.on_hold_at is not None,
        "closed_to_new": queue.drained_at is not None,
        "word": queue.word,
        "word_at": iso(queue.word_at),
        "called_off": drop.called_off_because or None,
        "commitment": board.seed.commitment,
        "seed": board.seed.secret.hex() if board.seed.revealed_at else None,
        "rank": rank(board.seed.secret, PURPOSE, str(member)).hex() if board.seed.revealed_at else None,
        "poll_after": poll_after(ahead),
        "server_time": iso(own.moment),
    }


def _state(drop: Drop, own: OwnPlace, place: int | None, verdict: Verdict | None) -> str:
    """How it stands at the moment of the reading."""
    if own.ending:
        return own.ending
    if drop.is_over_at(own.moment):
        return OVER
    if own.admitted_until is not None:
        return ADMITTED if own.admitted_until > own.moment else QueuePlace.Ending.LAPSED.value
    if own.moment < drop.starts_at:
        return BEFORE
    return CANNOT_WIN if verdict is not None else WAITING


def _turn(board: Board, own: OwnPlace, place: int | None, ahead: int | None, name: str) -> dict[str, Any]:
    """When the turn is, or may come; the drop's end is the end of all turns."""
    queue, state, end = board.state.queue, board.state, board.drop.ends_at
    earliest = latest = None
    if name == WAITING and place is not None and ahead is not None:
        without_slot = max(0, ahead + 1 + state.in_turn - state.slots)
        fast = pace(state.slots, queue.turn_seconds, queue.per_minute, state.seen_per_minute).fast
        earliest = min(own.moment + timedelta(minutes=without_slot / fast), end)
        promise = promise_of(queue)
        latest = max(earliest, min(promise.latest(place), end)) if promise and not queue.on_hold_at else None
    return {
        "admitted_until": iso(own.admitted_until) if name == ADMITTED else None,
        "earliest": iso(earliest),
        "latest": iso(latest),
        "later_since": iso(queue.later_at),
        "later_because": queue.later_because,
    }


def _chance(board: Board, order: QueueOrder | None, place: int | None, ahead: int | None, size: SizeLeft | None) -> Any:
    """The chance of a pair, or of one of this size, in tenths."""
    state, limit = board.state, board.drop.limit_per_member
    stock = size.stock if size is not None else state.stock
    by_stock = stock.left / state.stock.left if state.stock.left else 0.0  # who has said no size wants them as the pairs are
    if order is None or place is None or ahead is None:
        return even_chance(board.present * by_stock, stock.left, state.endings)._asdict()
    named = ahead - order.ahead_wanting(place, None)
    share = order.ahead_wanting(place, size.pk) / named if size is not None and named else by_stock
    back = round(stock.held * (1 - 1 / state.endings.factor))  # of what is held, perhaps
    return chance((ahead + state.in_turn) * share, stock.left // limit, stock.left + back, state.endings)._asdict()


def _sizes(board: Board, order: QueueOrder | None, own: OwnPlace, place: int | None, ahead: int | None) -> list[dict[str, Any]]:
    """The chosen sizes in their order: what is left of each, and the chance of one."""
    by_id = {size.pk: size for size in board.state.sizes}
    chosen = [by_id[pk] for pk in own.sizes if pk in by_id]
    return [
        {"size": size.label, "left": size.stock.left, "chance": _chance(board, order, place, ahead, size)} for size in chosen
    ]


def _verdict(own: OwnPlace, verdict: Verdict) -> dict[str, Any]:
    return {"known_at": iso(max(verdict.at, own.arrived_at)), "left": verdict.left, "held": verdict.held}
