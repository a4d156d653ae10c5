"""Drops that open in a moment of the test's choosing: their times are moved, and nobody has to wait."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F

from drops.models import Drop
from dropshop.core.clock import database_time
from dropshop.core.sql import rows
from reservations.models import PageVisitor, PurchaseRequest, RequestRound
from reservations.requests import carry_out, paying
from tests.make import ADDRESS, make_drop


def coming_drop(sizes: Any = 3, **facts: Any) -> Drop:
    """A drop that starts in an hour."""
    return make_drop(sizes, **{"starts_in": 3600, **facts})


def open_now(drop: Drop, *, seconds_ago: float = 0) -> None:
    """The drop has just started, or so many seconds ago. Whoever was at its page before is there."""
    shift = drop.starts_at - database_time() + timedelta(seconds=seconds_ago)
    PageVisitor.objects.filter(drop=drop).update(until=F("until") - shift)
    Drop.objects.filter(pk=drop.pk).update(starts_at=database_time() - timedelta(seconds=seconds_ago))
    drop.refresh_from_db()


def at_the_page(drop: Drop, *members: Any) -> None:
    """These members have a pass that is good until after the start."""
    until = drop.starts_at + timedelta(minutes=5)
    PageVisitor.objects.bulk_create(PageVisitor(drop=drop, member=member, until=until) for member in members)


def carried_out(drop: Drop) -> None:
    """What the workers do in their first seconds."""
    carry_out.carry_out(drop.pk)
    paying.sweep()


def to_the_end(drop: Drop) -> None:
    """Until nothing is left to do: the second round is due."""
    carried_out(drop)
    Drop.objects.filter(pk=drop.pk).update(starts_at=database_time() - timedelta(seconds=31))
    carried_out(drop)
    carried_out(drop)


def statuses(drop: Drop) -> Counter[str]:
    """How many requests for the drop stand where; of those that failed the reason."""
    found = PurchaseRequest.objects.filter(drop=drop).values_list("status", "reason")
    return Counter(reason or status for status, reason in found)


FILE_MANY = """
WITH cards AS (
  INSERT INTO {savedmethod} (id, member_id, provider, token, status, brand, last_four, entered, reference, confirm_url, note,
                             is_default, tries)
  SELECT gen_random_uuid(), member, 'test bank', %(token)s, 'ready', 'Test card', '4242', '', '', '', '', false, 0
    FROM unnest(%(members)s::uuid[]) AS member
  RETURNING id, member_id
)
INSERT INTO {purchaserequest} (id, drop_id, member_id, sizes, address, payment_method_id, latest_price, currency, status)
SELECT gen_random_uuid(), dropped.id, member_id,
       (SELECT array_agg(id ORDER BY position) FROM {size} WHERE drop_id = dropped.id),
       %(address)s, cards.id, dropped.price, dropped.currency, 'entered'
  FROM cards CROSS JOIN {drop} AS dropped WHERE dropped.id = %(drop)s
"""


def file_many(drop: Drop, members: Sequence[Any], *, token: str = "test_ok") -> None:
    """A request of each of these members, for all sizes in their order, as if they had been filed; in one statement."""
    RequestRound.objects.get_or_create(drop=drop)
    address = PurchaseRequest._meta.get_field("address").get_prep_value(ADDRESS)
    rows(FILE_MANY, drop=drop.pk, members=[member.pk for member in members], token=token, address=address)
