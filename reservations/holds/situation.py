"""What a batch of claims is decided by, read in one statement once the sizes of the drop are locked (S3)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection

from drops.models import Drop
from dropshop.core import clock
from dropshop.core.sql import prepared_rows
from reservations.holds.new_hold import HoldRequest
from reservations.holds.origins import LEAST_SHARE, SPENT, Spent, marks_of


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has had in a drop."""

    active: bool  # the account
    bought: int
    lapses: int  # holds that ran out, or were given back late
    seconds: float  # for which pairs were held without being bought
    last_end: datetime | None  # of such a hold
    holds: bool


NOTHING_YET = Standing(active=True, bought=0, lapses=0, seconds=0.0, last_end=None, holds=False)


@dataclass(frozen=True, slots=True)
class Situation:
    """How a drop, and those who claim its pairs, stand at a moment of the database's clock."""

    moment: datetime
    drop: Drop
    has_returns: bool  # holds have lapsed by then, or pairs have rested, that still count as held
    standings: dict[UUID, Standing]  # of the members of whom there is something to know
    spent: dict[tuple[str, str], Spent]  # likewise of networks and devices, by kind and mark
    requests_decided: bool | None  # the first round of its purchase requests is decided; None where none take part any more


def read_situation(drop_id: UUID, claims: Collection[HoldRequest], *, at: datetime | None = None) -> Situation | None:
    """None where there is no such drop. `at`: the moment of an earlier reading, which this one shall be of, too; else now."""
    kinds, marks = marks_of({claim.origin for claim in claims})
    found = prepared_rows(
        _statement(),
        drop=drop_id,
        at=at,
        members={claim.member_id for claim in claims},
        late=settings.GIVE_BACK_LATE,
        least=LEAST_SHARE,
        kinds=kinds,
        marks=marks,
    )
    if not found:
        return None
    moment, has_returns, requests_decided, standings, spent, *columns = found[0]
    clock.remember(moment)
    return Situation(
        moment=moment,
        drop=Drop.from_db(connection.alias, _names(), columns),
        has_returns=has_returns,
        requests_decided=requests_decided,
        standings={
            UUID(pk): Standing(active, bought, lapses, seconds, _moment(end), holds)
            for pk, active, bought, lapses, seconds, end, holds in standings or ()
        },
        spent={(kind, mark): Spent(held, seconds, _moment(end)) for kind, mark, held, seconds, end in spent or ()},
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# By hand: the ORM costs more per shopper here than PostgreSQL does, and all of it is under the lock. LATERAL makes one probe of
# an index for each member; an EXISTS beside them is hashed, which reads all holds of the drop, and a join of members reads all
# of those (OFFSET 0 keeps PostgreSQL from making one).

# Pairs are compared as rows, so that only the index by size and expiry can be used (see `facts.LAPSED`), and ordered: for any
# one of many that it expects, PostgreSQL would read the table from its beginning, to the end where there is none.
RETURNS = """EXISTS (
    SELECT FROM {size} AS size CROSS JOIN LATERAL (
      (SELECT 1 FROM {reservation} AS hold
        WHERE status = 'active' AND (pinned_until IS NULL OR pinned_until <= now.moment)
          AND (hold.size_id, expires_at) >= (size.id, '-infinity'::timestamptz)
          AND (hold.size_id, expires_at) <= (size.id, now.moment)
        ORDER BY hold.size_id, expires_at LIMIT 1)
      UNION ALL
      (SELECT 1 FROM {reservation} AS hold WHERE hold.size_id = size.id AND offered_at <= now.moment
        ORDER BY hold.size_id, offered_at LIMIT 1)) AS returns
     WHERE size.drop_id = dropped.id)"""
REQUESTS_DECIDED = """(
    SELECT decided_at IS NOT NULL FROM {requestround} AS round WHERE round.drop_id = dropped.id AND over_at IS NULL)"""
# A hold counts for its own time, without extensions, and at least for a little: otherwise giving back at once would be free.
STANDINGS = """(
    SELECT json_agg(json_build_array(asked.id, coalesce(asked.is_active, false), sales.bought,
                                     holds.lapses, holds.seconds, holds.last_end, holds.stands))
      FROM (SELECT id, (SELECT is_active FROM {member} AS person WHERE person.id = given.id) AS is_active
              FROM unnest(%(members)s::uuid[]) AS given(id) OFFSET 0) AS asked
     CROSS JOIN LATERAL (
       SELECT count(*) AS bought FROM {purchase}
        WHERE drop_id = dropped.id AND member_id = asked.id AND status NOT IN ('returned', 'refunded', 'cancelled')) AS sales
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE status = 'expired' OR until - created_at >= full_time * %(late)s) AS lapses,
              coalesce(sum(extract(epoch FROM least(greatest(until - created_at, full_time * %(least)s), full_time)))
                       FILTER (WHERE status <> 'active'), 0)::float AS seconds,
              max(until) FILTER (WHERE status <> 'active') AS last_end,
              coalesce(bool_or(status = 'active'), false) AS stands
         FROM (SELECT status, created_at, CASE status WHEN 'expired' THEN expires_at ELSE ended_at END AS until,
                      make_interval(secs => dropped.hold_seconds) AS full_time
                 FROM {reservation}
                WHERE drop_id = dropped.id AND member_id = asked.id
                  AND status IN ('active', 'expired', 'cancelled')) AS hold) AS holds
     WHERE asked.is_active IS NOT TRUE OR sales.bought > 0 OR holds.stands OR holds.last_end IS NOT NULL)"""
READ = f"""
WITH now AS MATERIALIZED (SELECT coalesce(%(at)s::timestamptz, clock_timestamp()) AS moment)
SELECT now.moment, {RETURNS}, {REQUESTS_DECIDED}, {STANDINGS}, {SPENT}, <columns>
  FROM now CROSS JOIN {{drop}} AS dropped
 WHERE dropped.id = %(drop)s
"""  # noqa: S608 - all of it stands here


@cache
def _names() -> list[str]:
    return [field.attname for field in Drop._meta.concrete_fields]


@cache
def _statement() -> str:
    read = READ.replace("<columns>", ", ".join(f"dropped.{field.column}" for field in Drop._meta.concrete_fields))
    return " ".join(read.split())  # of more than 4,096 characters the driver would look for the values anew each time
