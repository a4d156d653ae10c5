"""What API, pages and socket tell of purchases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet, Sum

from dropshop.core.clock import iso
from dropshop.core.money import Money
from dropshop.core.sql import CompiledQuery, rows
from reservations.charges.facts import charges_facts
from reservations.purchases.carriers import tracking_url
from reservations.purchases.models import Purchase

BUYERS_SHOWN = 10  # names in a ticker
TOP_BUYERS_SHOWN = 5
NOBODY = "someone"  # who has not opted in (L5)


def purchase_facts(purchase: Purchase) -> dict[str, Any]:
    """The `purchase` of the API; with `arrives` while that is known and to come, and with `tracking` once it is with a carrier.

    Of a purchase that was read `with_given_back` with `refunded` once the bank has given some of it back.
    """
    paid = purchase.charges
    facts: dict[str, Any] = {
        "id": str(purchase.pk),
        "number": purchase.number,
        "reservation": str(purchase.reservation_id),
        "drop": str(purchase.drop_id),
        "size": purchase.size.label,
        "amount_paid": paid.total.facts,
        **charges_facts(paid),
        "status": purchase.status,
        "created_at": iso(purchase.created_at),
    }
    if arrives := purchase.arrives:
        facts["arrives"] = arrives.facts
    if purchase.carrier:
        facts["tracking"] = tracking_facts(purchase)
    if given_back := getattr(purchase, "given_back", None):
        facts["refunded"] = Money(given_back, purchase.currency).facts
    return facts


def with_given_back(purchases: QuerySet[Purchase]) -> QuerySet[Purchase]:
    """These purchases, each with the sum that the bank has given back (`given_back`, minor units; None for nothing)."""
    return purchases.annotate(given_back=Sum("refunds__amount", filter=Q(refunds__status="sent")))


def tracking_facts(purchase: Purchase) -> dict[str, str]:
    """The parcel: `carrier`, `number`, and the `url` at which the carrier says where it is, "" where none is known."""
    carrier, number = purchase.carrier, purchase.tracking
    return {"carrier": carrier, "number": number, "url": tracking_url(carrier, number)}


def sales_facts(purchases: Sequence[Purchase]) -> list[dict[str, Any]]:
    """The socket's `purchase-created` for each of these, with the ranking as it is now; two statements for all."""
    names = {member.pk: member.public_name for member in _named({purchase.member_id for purchase in purchases})}
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
    for drop, name, label, moment in rows(NEWEST_SALES, drops=drops, newest=BUYERS_SHOWN):
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
_named = CompiledQuery(lambda pks: get_user_model().objects.filter(pk__among=pks, shows_name=True))


def rankings(drops: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """For each drop the members with the most pairs, of those who opted in (L5); of equals, the first."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for drop, username, pairs in rows(RANKED, drops=[*drops], top=TOP_BUYERS_SHOWN):
        found[drop].append({"buyer": username, "pairs": pairs})
    return found


PURCHASE = "purchases/{purchase[id]}"
