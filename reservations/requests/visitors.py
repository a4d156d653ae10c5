"""Who is at the page of a drop before it starts: whoever has a pass that is good until then."""

from datetime import datetime
from uuid import UUID

from drops.models import Drop
from dropshop.core.pruning import prune
from dropshop.core.sql import rows
from reservations.requests.models import PageVisitor

NOTE = """
INSERT INTO {pagevisitor} (drop_id, member_id, until) VALUES (%(drop)s, %(member)s, %(until)s)
ON CONFLICT (drop_id, member_id) DO UPDATE SET until = excluded.until
"""
# Whoever has a request takes part by it, and does not count twice. One probe for each visitor, by member (see `bell.WAITING`);
# OFFSET 0 keeps PostgreSQL from joining.
COUNT = """
SELECT count(*) FROM {pagevisitor} AS visitor
  LEFT JOIN LATERAL (
       SELECT true AS asks FROM {purchaserequest} AS request
        WHERE (request.member_id, request.drop_id) >= (visitor.member_id, visitor.drop_id)
          AND (request.member_id, request.drop_id) <= (visitor.member_id, visitor.drop_id)
          AND request.status IN ('entered', 'in_queue', 'processing_payment', 'success') OFFSET 0) AS request ON true
 WHERE drop_id = %(drop)s AND until > %(starts_at)s AND request.asks IS NULL
"""


def note(member_id: UUID, drop: Drop, until: datetime, *, at: datetime) -> None:
    """A pass was given to this member `at` this moment; it is good `until` then. Noted where that is after the drop's start."""
    if at < drop.starts_at < until:
        rows(NOTE, drop=drop.pk, member=member_id, until=until)


def count(drop: Drop) -> int:
    """How many people are at the page as the drop starts, without those who have a request."""
    ((found,),) = rows(COUNT, drop=drop.pk, starts_at=drop.starts_at)
    return int(found)


def forget_old(before: datetime) -> int:
    """Forgets those whose pass has run out before this moment; how many."""
    return prune(PageVisitor.objects.filter(until__lt=before).order_by("until"))
