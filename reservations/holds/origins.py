"""Where requests for holds come from: a network and a device, as marks that reveal neither, and how much both may hold.

Holding a scarce pair has a price. A member, a device and a network may each hold pairs without buying only for a number of
seconds in a drop (`hold_seconds` of every pair that they may hold at once, `lapses_allowed` times), however those holds ended;
then they wait for `cooldown_seconds` after each. A device and a network also hold so many pairs at once, and no more.

The bounds are exact: what counts is read under the locks of all sizes of the drop.
"""

import hmac
import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from drops.models import Drop
from dropshop.core.client_address import client_address
from dropshop.core.errors import DropshopError
from dropshop.core.pruning import BATCH_ROWS
from dropshop.core.sql import rows
from dropshop.core.text import counted
from reservations.holds.errors import CoolingDown, LimitReached
from reservations.holds.models import Reservation

DEVICE_COOKIE = "device"
DEVICE = re.compile(r"[0-9A-Za-z]{1,64}")
# Whoever gives back at once has held for this share of a hold all the same: else a crowd of them costs nothing.
LEAST_SHARE = 0.1


class Origin(NamedTuple):
    """Marks of the network and the device that a request came from; "" where nobody knows."""

    network: str = ""
    device: str = ""


NOWHERE = Origin()


class Spent(NamedTuple):
    """What an origin holds at this moment, and has held in this drop without buying, in seconds; when that last ended."""

    held: int
    seconds: float
    last_end: datetime | None


def origin_of(request: HttpRequest) -> Origin:
    """Where this request comes from."""
    return origin(client_address(request), request.COOKIES.get(DEVICE_COOKIE, ""))


def origin(address: str, device: str) -> Origin:
    """The marks of a client's address (as limits count it) and of what its device cookie says.

    The machine itself is no network: behind a proxy that is not trusted, everybody would share it.
    """
    name = device_name(device)
    return Origin(_network_mark(address), _mark("device", name) if name else "")


def device_name(said: str) -> str:
    """The name of a device; "" for what is none, however long it is."""
    return said if DEVICE.fullmatch(said) else ""


@lru_cache(maxsize=4096)
def _network_mark(address: str) -> str:
    if not address or ipaddress.ip_network(address).is_loopback:
        return ""
    return _mark("network", address)


def _mark(kind: str, what: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"hold:{kind}:{what}".encode(), "sha256").hexdigest()[:32]


def marks_of(origins: Collection[Origin]) -> tuple[list[str], list[str]]:
    """The kinds and the marks of all of these that are known, side by side and each once."""
    known = sorted({pair for each in origins for pair in zip(Origin._fields, each, strict=True) if pair[1]})
    return [kind for kind, _ in known], [mark for _, mark in known]


class Origins:
    """What the origins of one batch have held, and what they are granted meanwhile."""

    def __init__(self, drop: Drop, moment: datetime, spent: Mapping[tuple[str, str], Spent], pairs: int) -> None:
        """`spent`: as it was read under the locks, by kind and mark; `pairs`: how many the drop has."""
        self._drop, self._moment, self._spent, self._pairs = drop, moment, spent, pairs
        self._granted: Counter[tuple[str, str]] = Counter()

    def refusal(self, asked: Origin) -> DropshopError | None:
        """Why nobody there gets a pair at this moment; None where they may."""
        for kind, mark in zip(Origin._fields, asked, strict=True):
            if mark and (refusal := self._refusal_of(kind, mark)) is not None:
                return refusal
        return None

    def _refusal_of(self, kind: str, mark: str) -> DropshopError | None:
        at_once = at_once_of(kind, self._pairs)
        spent = self._spent.get((kind, mark), Spent(0, 0.0, None))
        if spent.held + self._granted[kind, mark] >= at_once:
            return LimitReached(
                f"Your {kind} holds {counted(at_once, 'pair')} already. Buy or give one back first.", limit=at_once
            )
        if spent.last_end is not None and spent.seconds >= at_once * self._drop.hold_seconds * self._drop.lapses_allowed:
            return cooling_down(self._drop, spent.last_end, self._moment, f"Your {kind} held many pairs without buying them.")
        return None

    def count(self, asked: Origin, pairs: int) -> None:
        """So many more pairs are held there."""
        for kind, mark in zip(Origin._fields, asked, strict=True):
            self._granted[kind, mark] += pairs


def cooling_down(drop: Drop, last_end: datetime, moment: datetime, why: str = "") -> CoolingDown | None:
    """The refusal to whoever has held enough for nothing; None once the drop's pause is over."""
    retry_at = last_end + timedelta(seconds=drop.cooldown_seconds)
    if retry_at <= moment:
        return None
    return CoolingDown(why, retry_at=retry_at, retry_after=(retry_at - moment).total_seconds())


def at_once_of(kind: str, pairs: int) -> int:
    """How many pairs one device or network may hold at once in a drop of so many pairs."""
    return max(settings.HOLDS_AT_ONCE[kind], int(pairs * settings.HOLDS_SHARE) if kind == "network" else 0)


# What origins have spent in the drop that the statement around it calls `dropped`; NULL where none has. A hold has cost the
# others its time until it ended, or ran out: the sweeper may come later. UNION ALL, so that each kind is looked for by its own
# index, and the one that is not asked for not at all.
SPENT = """(
    SELECT json_agg(json_build_array(origin.kind, origin.mark, holds.held, holds.seconds, holds.last_end))
      FROM unnest(%(kinds)s::text[], %(marks)s::text[]) AS origin(kind, mark)
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE status = 'active') AS held, max(until) FILTER (WHERE status <> 'active') AS last_end,
              coalesce(sum(extract(epoch FROM greatest(until - created_at, least_time)))
                       FILTER (WHERE status <> 'active'), 0)::float AS seconds
         FROM (SELECT status, created_at, CASE status WHEN 'expired' THEN expires_at ELSE ended_at END AS until,
                      make_interval(secs => dropped.hold_seconds) * %(least)s AS least_time
                 FROM (SELECT * FROM {reservation}
                        WHERE origin.kind = 'network' AND drop_id = dropped.id AND network = mark AND network <> ''
                       UNION ALL
                       SELECT * FROM {reservation}
                        WHERE origin.kind = 'device' AND drop_id = dropped.id AND device = mark AND device <> '') AS theirs
                WHERE status <> 'completed') AS hold) AS holds
     WHERE holds.held > 0 OR holds.last_end IS NOT NULL)"""


FORGET = """
UPDATE {reservation} SET network = '', device = '' WHERE id IN (
  SELECT id FROM {reservation}
   WHERE drop_id = %(drop)s AND (network <> '' OR device <> '') AND status <> 'active' AND created_at < %(before)s
   LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def forget_old(before: datetime) -> int:
    """Takes the marks off the ended holds that were made before this moment; how many those were."""
    marked = Reservation.objects.filter(~Q(network="") | ~Q(device=""), drop=OuterRef("pk"))
    drops = Drop.objects.filter(Exists(marked), starts_at__lt=before).order_by().values_list("pk", flat=True)
    return sum(_forget_in(drop, before) for drop in list(drops))


def _forget_in(drop: UUID, before: datetime) -> int:
    forgotten, found = 0, BATCH_ROWS
    while found == BATCH_ROWS:
        found = len(rows(FORGET, drop=drop, before=before, batch=BATCH_ROWS))
        forgotten += found
    return forgotten
