"""What holds and sales tell the world: the API's `reservation` and `purchase`, and this app's part of a drop's facts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, IntegerField
from django.db.models.expressions import RawSQL

from dropshop.core.clock import database_time, iso
from dropshop.core.sql import Compiled, array, named, rows
from reservations.models import Purchase, Reservation

NEWEST = 10  # names in a ticker
TOP = 5
NOBODY = "someone"  # who has not opted in (L5)


def reservation_facts(hold: Reservation, *, at: datetime | None = None) -> dict[str, Any]:
    """The `reservation` of product.md, as it stands `at` this moment of the database's clock, read after the hold was.

    A hold whose time is over has expired, whether or not the sweeper has come. None: it was granted or ended just now.
    """
    has_lapsed = at is not None and hold.is_overdue(at)
    return {
        "id": str(hold.pk),
        "drop": str(hold.drop_id),
        "size": hold.size.label,
        "status": Reservation.Status.EXPIRED.value if has_lapsed else hold.status,
        "price": hold.money.facts,
        "created_at": iso(hold.created_at),
        "expires_at": iso(hold.expires_at),
        "extensions_left": hold.extensions_left,
    }


def as_they_stand(holds: Iterable[Reservation]) -> list[dict[str, Any]]:
    """The holds, which have just been read, as they stand now by the database's clock."""
    holds = list(holds)
    moment = database_time()
    return [reservation_facts(hold, at=moment) for hold in holds]


def purchase_facts(purchase: Purchase) -> dict[str, Any]:
    """The `purchase` of product.md."""
    return {
        "id": str(purchase.pk),
        "number": purchase.number,
        "reservation": str(purchase.reservation_id),
        "drop": str(purchase.drop_id),
        "size": purchase.size.label,
        "amount_paid": purchase.money.facts,
        "status": purchase.status,
        "created_at": iso(purchase.created_at),
    }


def sales_facts(purchases: Sequence[Purchase]) -> list[dict[str, Any]]:
    """The socket's `purchase-created` for each of these, with the ranking as it is now; two statements for all."""
    names = {member.pk: member.public_name for member in _named(array({purchase.member_id for purchase in purchases}))}
    ranked = rankings({purchase.drop_id for purchase in purchases})
    return [
        {
            "type": "purchase-created",
            "drop": str(purchase.drop_id),
            "size": purchase.size.label,
            "buyer": names.get(purchase.member_id, NOBODY),
            "top_purchasers": ranked[purchase.drop_id],
            "at": iso(purchase.created_at),
        }
        for purchase in purchases
    ]


# Pairs are compared as rows, so that only the index by size and expiry will do: by statistics alone PostgreSQL sometimes walks
# through the holds of all other sizes instead.
LAPSED = """(
    SELECT count(*) FROM {reservation} AS hold
     WHERE status = 'active' AND (pinned_until IS NULL OR pinned_until <= statement_timestamp())
       AND (hold.size_id, expires_at) >= ({size}.id, '-infinity'::timestamptz)
       AND (hold.size_id, expires_at) <= ({size}.id, statement_timestamp())
) + (
    SELECT count(*) FROM {reservation} AS hold
     WHERE hold.size_id = {size}.id AND offered_at IS NOT NULL AND offered_at <= statement_timestamp()
)"""
FIRST_TO_RETURN = """least((
    SELECT min(greatest(expires_at, pinned_until)) FROM {reservation} AS hold
     WHERE status = 'active' AND greatest(expires_at, pinned_until) > statement_timestamp()
       AND (hold.size_id, expires_at) >= ({size}.id, '-infinity'::timestamptz)
       AND (hold.size_id, expires_at) <= ({size}.id, coalesce(
             (SELECT expires_at FROM {reservation} AS unpinned
               WHERE status = 'active' AND pinned_until IS NULL
                 AND (unpinned.size_id, expires_at) > ({size}.id, statement_timestamp())
                 AND (unpinned.size_id, expires_at) <= ({size}.id, 'infinity'::timestamptz)
               ORDER BY unpinned.size_id, expires_at LIMIT 1),
             'infinity'))
), (
    SELECT min(offered_by) FROM {reservation} AS hold
     WHERE hold.size_id = {size}.id AND offered_at IS NOT NULL AND offered_at > statement_timestamp()
))"""


def size_facts() -> dict[str, Any]:
    """Expressions over Size: how many of its holds have lapsed or rested, and when the first of the others may return.

    A pin only makes a hold last longer, so the first to return is none that expires after the first one without a pin: of
    thousands of holds the index shows the lapsed ones, a few that are being paid for, and one more.
    """
    return {
        "lapsed": RawSQL(named(LAPSED), (), output_field=IntegerField()),  # noqa: S611 - all of it stands above
        "next_expiry": RawSQL(named(FIRST_TO_RETURN), (), output_field=DateTimeField()),  # noqa: S611 - likewise
    }


NEWEST_SALES = """
SELECT sale.drop_id, CASE WHEN buyer.shows_name THEN buyer.username END, size.label, sale.created_at
  FROM unnest(%(drops)s::uuid[]) AS wanted(drop_id)
 CROSS JOIN LATERAL (
         SELECT * FROM {purchase} WHERE drop_id = wanted.drop_id ORDER BY created_at DESC LIMIT %(newest)s
       ) AS sale
  JOIN {member} AS buyer ON buyer.id = sale.member_id
  JOIN {size} AS size ON size.id = sale.size_id
 ORDER BY sale.drop_id, sale.created_at DESC
"""


def buyers(drops: Iterable[UUID]) -> dict[UUID, dict[str, list]]:
    """For each drop the newest sales and the members with the most pairs; names only of those who opted in (L5)."""
    found: dict[UUID, dict[str, list]] = defaultdict(lambda: {"top_purchasers": [], "recent_buyers": []})
    drops = list(drops)
    for drop, name, label, moment in rows(NEWEST_SALES, drops=array(drops), newest=NEWEST):
        found[drop]["recent_buyers"].append({"buyer": name or NOBODY, "size": label, "at": iso(moment)})
    for drop, ranked in rankings(drops).items():
        found[drop]["top_purchasers"] = ranked
    return found


RANKED = """
SELECT drop_id, username, pairs
  FROM (SELECT sale.drop_id, person.username, count(*) AS pairs,
               row_number() OVER (PARTITION BY sale.drop_id ORDER BY count(*) DESC, min(sale.created_at)) AS place
          FROM {purchase} AS sale JOIN {member} AS person ON person.id = sale.member_id
         WHERE sale.drop_id = ANY(%(drops)s::uuid[]) AND person.shows_name
         GROUP BY sale.drop_id, person.id) AS ranked
 WHERE place <= %(top)s
 ORDER BY place
"""
_named = Compiled(lambda pks: get_user_model().objects.filter(pk__among=pks, shows_name=True))


def rankings(drops: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """For each drop the members with the most pairs, of those who opted in (L5); of equals, the first."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for drop, username, pairs in rows(RANKED, drops=array(drops), top=TOP):
        found[drop].append({"buyer": username, "pairs": pairs})
    return found
