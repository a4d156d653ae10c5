"""What holds and sales tell the world: the API's `reservation` and `purchase`, and this app's part of a drop's facts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, DateTimeField, F, Min, OuterRef, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from drops.clock import ClockTimestamp
from drops.facts import iso
from dropshop.compiled import Compiled, array
from reservations.models import Purchase, Reservation
from reservations.statements import rows

NEWEST = 10  # names in a ticker
TOP = 5
NOBODY = "someone"  # who has not opted in (L5)


def reservation_facts(hold: Reservation) -> dict[str, Any]:
    """The `reservation` of product.md; `purchase` (its id) where it was bought."""
    return {
        "id": str(hold.pk),
        "drop": str(hold.drop_id),
        "size": hold.size.label,
        "status": hold.status,
        "price": hold.money.facts,
        "created_at": iso(hold.created_at),
        "expires_at": iso(hold.expires_at),
        "extensions_left": hold.extensions_left,
    }


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


def size_facts() -> dict[str, Any]:
    """Expressions over Size: how many of its holds have lapsed, and when the first of the others may return."""
    mine = Reservation.objects.filter(size=OuterRef("pk"))
    lapsed = mine.overdue().order_by().values("size").annotate(n=Count("pk")).values("n")
    running = mine.active().with_lapse().filter(lapse__gt=ClockTimestamp())
    first = running.order_by().values("size").annotate(first=Min("lapse")).values("first")
    return {"lapsed": Coalesce(Subquery(lapsed), 0), "next_expiry": Subquery(first, output_field=DateTimeField())}


def buyers(drops: Iterable[UUID]) -> dict[UUID, dict[str, list]]:
    """For each drop the newest sales and the members with the most pairs; names only of those who opted in (L5)."""
    found: dict[UUID, dict[str, list]] = defaultdict(lambda: {"top_purchasers": [], "recent_buyers": []})
    drops = list(drops)
    sales = Purchase.objects.filter(drop__in=drops).order_by()
    newest = Window(RowNumber(), partition_by="drop", order_by=F("created_at").desc())
    recent = sales.annotate(place=newest).filter(place__lte=NEWEST).select_related("member", "size")
    for sale in recent.order_by("place"):
        found[sale.drop_id]["recent_buyers"].append(
            {"buyer": sale.member.public_name, "size": sale.size.label, "at": iso(sale.created_at)}
        )
    for drop, ranked in rankings(drops).items():
        found[drop]["top_purchasers"] = ranked
    return found


RANKED = f"""
SELECT drop_id, username, pairs
  FROM (SELECT sale.drop_id, person.username, count(*) AS pairs,
               row_number() OVER (PARTITION BY sale.drop_id ORDER BY count(*) DESC, min(sale.created_at)) AS place
          FROM {{purchase}} AS sale JOIN {{member}} AS person ON person.id = sale.member_id
         WHERE sale.drop_id = ANY(%(drops)s::uuid[]) AND person.shows_name
         GROUP BY sale.drop_id, person.id) AS ranked
 WHERE place <= {TOP}
 ORDER BY place
"""  # noqa: S608 - a number of our own
_named = Compiled(lambda pks: get_user_model().objects.filter(pk__among=pks, shows_name=True))


def rankings(drops: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """For each drop the members with the most pairs, of those who opted in (L5); of equals, the first."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for drop, username, pairs in rows(RANKED, drops=array(drops)):
        found[drop].append({"buyer": username, "pairs": pairs})
    return found
