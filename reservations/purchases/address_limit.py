"""`limit_per_address` of a drop: how many pairs go to one place, whoever buys them and however they write it.

Counted are the drop's purchases that stand, and payments under way for holds that stand. Whoever counts has locked the place
before, by the drop and each of its hashes, until the transaction ends: sizes, then holds, then places in the order of their
numbers. So of ten at once no two can both be the last.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from drops.models import Drop
from dropshop.core.sql import rows
from reservations.holds.errors import LimitReached

LOCK = "SELECT pg_advisory_xact_lock(place) FROM unnest(%(places)s::bigint[]) AS place"
# One probe of an index for each place; a payment that was authorised is a purchase already.
TAKEN = """
SELECT wanted.drop_id, wanted.hash, sale.reservation_id
  FROM unnest(%(drops)s::uuid[], %(hashes)s::text[]) AS wanted(drop_id, hash)
  JOIN {purchase} AS sale ON sale.place_hash = wanted.hash AND sale.place_hash > '' AND sale.drop_id = wanted.drop_id
 WHERE sale.status NOT IN ('returned', 'refunded', 'cancelled')
UNION
SELECT wanted.drop_id, wanted.hash, payment.reservation_id
  FROM unnest(%(drops)s::uuid[], %(hashes)s::text[]) AS wanted(drop_id, hash)
  JOIN {payment} AS payment ON payment.place_hash = wanted.hash AND payment.place_hash > ''
                           AND payment.status IN ('started', 'confirming')
  JOIN {reservation} AS hold ON hold.id = payment.reservation_id AND hold.drop_id = wanted.drop_id AND hold.status = 'active'
 WHERE %(under_way)s
"""
# A hold, the drop it is on, and the hashes of the place where its pair is to go.
Wish = tuple[UUID, Drop, Sequence[str]]


class PlacesTaken:
    """The places to which a batch wants to send pairs, locked; and for which holds they are taken."""

    def __init__(self, wishes: Iterable[Wish], *, under_way: bool) -> None:
        """`under_way`: also count payments that the bank has not answered."""
        limited = {(drop.pk, hashed) for _, drop, hashes in wishes if drop.limit_per_address for hashed in hashes}
        self.taken: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
        if not limited:
            return
        _lock(limited)
        drops, hashes = [drop for drop, _ in limited], [hashed for _, hashed in limited]
        for drop, hashed, hold in rows(TAKEN, drops=drops, hashes=hashes, under_way=under_way):
            self.taken[drop, hashed].add(hold)

    def refusal(self, wish: Wish) -> LimitReached | None:
        """Why no pair goes there; None where one does, which then counts for those that come after it."""
        hold, drop, hashes = wish
        if not drop.limit_per_address or not hashes:
            return None
        others = {other for hashed in hashes for other in self.taken[drop.pk, hashed]} - {hold}
        if len(others) >= drop.limit_per_address:
            return LimitReached(_said(drop.limit_per_address), limit=drop.limit_per_address, per="address")
        self.taken[drop.pk, hashes[0]].add(hold)
        return None


def require_room(wish: Wish) -> None:
    """Raises LimitReached where this hold's pair may not go there. In a transaction; the place is locked until it ends."""
    if refusal := PlacesTaken([wish], under_way=True).refusal(wish):
        raise refusal


def _said(limit: int) -> str:
    pairs = "one pair" if limit == 1 else f"{limit} pairs"
    return f"This drop sends {pairs} to one address, and that has been reached. Choose another address."


def _lock(places: Iterable[tuple[UUID, str]]) -> None:
    numbers = sorted(
        int.from_bytes(hashlib.sha256(f"{drop}{hashed}".encode()).digest()[:8], signed=True) for drop, hashed in places
    )
    rows(LOCK, places=numbers)
