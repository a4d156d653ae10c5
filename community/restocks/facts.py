"""What anyone may know of a restock: one description that serves the API, the pages and the socket."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, prefetch_related_objects

from community.people import relations
from community.restocks.models import Restock, RestockVote
from community.stores.facts import _store
from drops.catalogue.facts import sneaker_summary
from dropshop.core.clock import iso
from dropshop.core.members import Viewer

NOBODY = {"reports": 0, "confirmed": 0, "disputed": 0}
Status, Kind = Restock.Status, RestockVote.Kind


def visible() -> Any:
    """The reports that everybody may see, with what `restock_facts` tells of."""
    return Restock.objects.filter(hidden=False).select_related("store", "sneaker", "reporter", "source")


def restock_facts(restocks: Iterable[Restock], viewer: Viewer = None) -> list[dict[str, Any]]:
    """The reports in their order; as many statements for one as for many.

    A report is about a store and stays in everybody's sight, or who reports could choose who may dispute it. Of a member
    this viewer must not see it keeps the name, the note and the picture.
    """
    restocks, unseen = list(restocks), relations.hidden_from(viewer)
    prefetch_related_objects(restocks, "store", "sneaker", "reporter", "source")
    votes = _votes(restocks)
    records = records_of({restock.reporter_id for restock in restocks if restock.reporter_id})
    return [_describe(restock, votes.get(restock.pk, {}), records, restock.reporter_id in unseen) for restock in restocks]


def records_of(members: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Of each member (by id) the reports so far, those that were confirmed and still hold, and those that were disputed."""
    counts = (
        Restock.objects.filter(reporter__in=list(members))
        .values("reporter")
        .annotate(
            reports=Count("pk"),
            confirmed=Count("pk", filter=Q(confirmed_at__isnull=False) & ~Q(status=Status.DISPUTED)),
            disputed=Count("pk", filter=Q(status=Status.DISPUTED)),
        )
        .order_by()
    )
    return {row["reporter"]: {name: row[name] for name in ("reports", "confirmed", "disputed")} for row in counts}


def _votes(restocks: list[Restock]) -> dict[UUID, Any]:
    counts = (
        RestockVote.objects.filter(restock__in=[restock.pk for restock in restocks])
        .values("restock")
        .annotate(
            confirmations=Count("pk", filter=Q(kind=Kind.CONFIRM)),
            disputes=Count("pk", filter=Q(kind=Kind.DISPUTE)),
        )
        .order_by()
    )
    return {row["restock"]: row for row in counts}


def _describe(restock: Restock, votes: dict[str, int], records: dict[UUID, dict[str, int]], unseen: bool) -> dict[str, Any]:
    reporter, source = restock.reporter, restock.source
    name = None if unseen else relations.display_name(reporter)
    return {
        "id": str(restock.pk),
        "store": _store(restock.store),
        "sneaker": sneaker_summary(restock.sneaker),
        "sizes": restock.sizes,
        "confirmed_sizes": restock.certain_sizes,
        "price": restock.money.facts if restock.money else None,
        "link": restock.link,
        "picture": restock.picture.url if restock.picture and not unseen else None,
        "note": "" if unseen else restock.note,
        "status": restock.status,
        "reporter": {"username": name, "record": records.get(reporter.pk, NOBODY)} if reporter else None,
        "source": {"id": str(source.pk), "kind": source.kind} if source else None,
        "confirmations": votes.get("confirmations", 0),
        "disputes": votes.get("disputes", 0),
        "created_at": iso(restock.created_at),
        "confirmed_at": iso(restock.confirmed_at),
        "ended_at": iso(restock.ended_at),
        "url": restock.get_absolute_url(),
    }
