"""The steps of a draw: close, beacon, draw. Each happens once, whoever is killed on the way: a compare-and-set on the state, in
one transaction with all that it publishes."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from drops.models import Drop, Mode
from drops.stock.facts import sizes_of_drops
from dropshop.core.clock import database_time, iso
from dropshop.core.leases import Queue
from dropshop.core.sweeps import Sweeps
from dropshop.core.transactions import retrying
from reservations.draws import open_draw, telling
from reservations.draws.allot import rank_lines
from reservations.draws.beacons import read_beacon
from reservations.draws.compute import draw_from
from reservations.draws.errors import StepRefused
from reservations.draws.leaves import entry_lines, root_of
from reservations.draws.lists import leaves_of
from reservations.draws.models import Draw, DrawFile, DrawMove
from reservations.draws.results import award_winners, write_ranks
from reservations.draws.terms import beacon_due
from reservations.seeds import seal

log = logging.getLogger(__name__)

LEASE_SECONDS = 600  # for one step: a million entries take a minute
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 3, 60  # between two looks for a beacon
# A draw of many thousands computes for many seconds between two statements; the settings end a transaction that idles for four.
SET_IDLE_TIMEOUT = "SET LOCAL idle_in_transaction_session_timeout = '300s'"
CHECK = Path(__file__).with_name("check.py")
_queue = Queue("{draw}", "true", lambda: LEASE_SECONDS, PAUSE_SECONDS, MAX_PAUSE_SECONDS, remark="note")
_sweeps = Sweeps()
State = Draw.State


def sweep() -> int:
    """Carries on every draw that is due; how many."""
    return _sweeps.run(_claim, carry)


def _claim(moment: datetime) -> Draw | None:
    pk = _queue.claim(moment)
    return Draw.objects.select_related("drop").get(pk=pk) if pk else None


def carry(draw: Draw) -> None:
    """As far as this draw, which is claimed, goes now; its next look is written down."""
    try:
        if draw.state == State.OPEN:
            draw = close(draw)
        if draw.state == State.CLOSED and draw.beacon is None:
            draw = find_beacon(draw)
        if draw.state == State.CLOSED and draw.beacon is not None:
            draw = decide(draw)
        if draw.state in (State.DRAWN, State.CALLED_OFF):
            telling.tell(draw)
            Draw.objects.filter(pk=draw.pk, state=draw.state).update(retry_at=None, note="")
    except StepRefused as refusal:
        _queue.try_later(draw, refusal.detail[:300])


@retrying
def close(draw: Draw) -> Draw:
    """Closes the entries and publishes their list; closed before, nothing changes. Raises StepRefused before the drop is over.

    Under the locks of the drop and of the draw: whoever was entering is in the list, and nobody comes after it (F2).
    """
    with transaction.atomic():
        _may_take_long()
        drop = Drop.objects.select_for_update(no_key=True).get(pk=draw.drop_id)
        locked = _locked(draw)
        moment = database_time()
        if locked.state != State.OPEN:
            return locked
        locked = open_draw.draw_of(drop)
        if drop.called_off_at is not None or drop.mode != Mode.DRAW:
            open_draw.on_calling_off(drop)
            return _again(locked)
        if moment < locked.closes_at:
            Draw.objects.filter(pk=locked.pk).update(**open_draw.due(locked.closes_at))
            raise StepRefused("Its entries are still open.")
        stock = [(size.pk, size.label, size.total) for size in sizes_of_drops([drop.pk])]
        leaves = leaves_of(locked, {pk: number for number, (pk, _, _) in enumerate(stock, 1)})
        text = "".join(entry_lines(sorted(leaves)))
        listed = {
            "count": len(leaves),
            "people": sum(len(entry.people) for entry in leaves),
            "root": root_of(sorted(entry.leaf for entry in leaves)),
            "sha256": sha256(text.encode()).hexdigest(),
            "stock": [{"size": label, "pairs": pairs} for _, label, pairs in stock],
            "sizes": [pk for pk, _, _ in stock],
        }
        _publish(locked, "entries.csv", text)
        Draw.objects.filter(pk=locked.pk, state=State.OPEN).update(
            state=State.CLOSED, closed_at=moment, listed=listed, retry_at=moment, tries=0
        )
        _note(locked, "closed", {name: listed[name] for name in ("count", "people", "root", "sha256", "stock")})
        return _again(locked)


def find_beacon(draw: Draw) -> Draw:
    """The draw with its beacon, where the one that counts now is there. Raises StepRefused where it has to be waited for."""
    named = beacon_due(draw.beacons, database_time())
    if named is None:
        raise StepRefused(f"The beacon comes at {draw.beacons[0]['at']}.")
    found = read_beacon(named, lambda fault: _refuse(draw, fault))
    if found is None:
        waits = "for dice, thrown by two of staff" if named["source"] == "dice" else f"for {named['source']}"
        raise StepRefused(f"It waits {waits}, since {named['from']}.")
    return take_beacon(draw, found)


def _refuse(draw: Draw, fault: str) -> None:
    """What was refused is named in the trail, once."""
    log.warning("a beacon was refused", extra={"draw": draw.pk, "because": fault})
    if not draw.moves.filter(step="beacon refused", facts__because=fault[:500]).exists():
        _note(draw, "beacon refused", {"because": fault[:500]})


@retrying
def take_beacon(draw: Draw, found: Mapping[str, Any], *, by: Any = None, reason: str = "") -> Draw:
    """The beacon, which was judged, decides the draw; where it has one already, that stays. Raises StepRefused before close,
    and where another beacon counts at this moment."""
    with transaction.atomic():
        locked = _locked(draw)
        moment = database_time()
        if locked.state != State.CLOSED:
            if locked.state == State.DRAWN:
                return locked
            raise StepRefused("Its entries are not closed.")
        if locked.beacon is not None:
            return locked
        named = beacon_due(locked.beacons, moment)
        if named is None or named["source"] != found["source"]:
            raise StepRefused("Another beacon counts now.")
        told = {**found, "got_at": iso(moment)}
        Draw.objects.filter(pk=locked.pk, state=State.CLOSED, beacon__isnull=True).update(
            beacon=told, beacon_at=moment, retry_at=moment, tries=0
        )
        _note(locked, "beacon", told, by=by, reason=reason)
        return _again(locked)


@retrying
def decide(draw: Draw) -> Draw:
    """Opens the seed, computes every rank from the published list, and publishes winners and waitlist; all at once, once."""
    with transaction.atomic():
        _may_take_long()
        locked = _locked(draw)
        if locked.state != State.CLOSED or locked.beacon is None:
            return locked
        moment = database_time()
        seed = seal.reveal(locked.drop_id)
        listed = locked.listed or {}
        stock = [line["pairs"] for line in listed["stock"]]
        said = {"seed": seed.secret, "beacon": locked.beacon["value"], "loyalty": locked.loyalty}
        drawn = draw_from(_lines(locked), str(locked.drop_id), stock, **said)
        Draw.objects.filter(pk=locked.pk, state=State.CLOSED).update(
            state=State.DRAWN, drawn_at=moment, retry_at=moment, tries=0
        )
        write_ranks(locked, drawn, listed["sizes"])
        award_winners(locked)
        _publish(locked, "ranks.csv", "".join(rank_lines(drawn)))
        _publish(locked, "check.py", CHECK.read_text())
        _publish(locked, "draw.json", json.dumps(_said(_again(locked), seed), indent=1) + "\n")
        _note(locked, "drawn", {"winners": sum(bool(place.sizes) for place in drawn), "ranks": len(drawn)})
        return _again(locked)


def _lines(draw: Draw) -> list[str]:
    content = DrawFile.objects.values_list("content", flat=True).get(draw=draw, name="entries.csv")
    return bytes(content).decode().splitlines()


def _said(draw: Draw, seed: Any) -> dict[str, Any]:
    """draw.json."""
    listed = draw.listed or {}
    ranks = DrawFile.objects.get(draw=draw, name="ranks.csv")
    return {
        "format": "dropshop-draw/1",
        "drop": str(draw.drop_id),
        "slug": draw.drop.slug,
        "title": draw.drop.title,
        "rules": draw.rules,
        "loyalty": draw.loyalty,
        "closes_at": iso(draw.closes_at),
        "closed_at": iso(draw.closed_at),
        "stock": listed["stock"],
        "entries": {name: listed[name] for name in ("count", "people", "root", "sha256")},
        "commitment": seed.commitment,
        "sealed_at": iso(seed.sealed_at),
        "beacons": draw.beacons,
        "beacon": draw.beacon,
        "seed": seed.secret.hex(),
        "revealed_at": iso(seed.revealed_at),
        "ranks": {"sha256": ranks.sha256},
    }


def _publish(draw: Draw, name: str, text: str) -> None:
    content = text.encode()
    DrawFile.objects.create(draw=draw, name=name, content=content, sha256=sha256(content).hexdigest(), size=len(content))


def _note(draw: Draw, step: str, facts: Mapping[str, Any], *, by: Any = None, reason: str = "") -> None:
    DrawMove.objects.create(draw=draw, step=step, facts=facts, by=by, reason=reason)


def _may_take_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET_IDLE_TIMEOUT)


def _locked(draw: Draw) -> Draw:
    return Draw.objects.select_for_update(no_key=True, of=("self",)).select_related("drop").get(pk=draw.pk)


def _again(draw: Draw) -> Draw:
    return Draw.objects.select_related("drop").get(pk=draw.pk)
