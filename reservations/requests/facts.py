"""What the API tells of purchase requests."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drops.models import Size
from dropshop.core.clock import iso
from reservations.purchases.models import Purchase
from reservations.requests.models import PurchaseRequest, RequestRound, because_of
from reservations.seeds.models import DropSeed

NO_ID = UUID(int=0)
REQUEST = "purchase-requests/{id}"


def requests_facts(requests: Iterable[PurchaseRequest]) -> list[dict[str, Any]]:
    """The `purchase_request` of the API for each of these, which were read with their drops and payment methods; four
    statements more, however many they are."""
    requests = list(requests)
    drops = {request.drop_id for request in requests}
    seeds = {seed.drop_id: seed for seed in DropSeed.objects.filter(drop__in=drops)}
    rounds = RequestRound.objects.filter(drop__in=drops, requests__gt=0)
    labels = dict(Size.objects.filter(drop__in=drops).order_by("position").values_list("pk", "label"))
    shared = {found.pk: _round(found, seeds.get(found.pk), labels) for found in rounds}
    holds = [request.reservation_id for request in requests if request.reservation_id]
    sales = {sale.reservation_id: sale for sale in Purchase.objects.filter(reservation__in=holds)} if holds else {}
    return [
        _facts(request, labels, sales.get(request.reservation_id or NO_ID)) | {"round": shared.get(request.drop_id)}
        for request in requests
    ]


def _round(found: RequestRound, seed: DropSeed | None, labels: dict[int, str]) -> dict[str, Any]:
    """How the pairs were shared (docs/fairness.md), and the seed by which, once nothing is decided by it any more."""
    kept = {int(pk): pairs for pk, pairs in found.parts.items()}
    return {
        "requests": found.requests,
        "people": found.people,
        "parts": [{"size": label, "pairs": kept[pk]} for pk, label in labels.items() if pk in kept],
        "commitment": seed.commitment if seed else "",
        "seed": seed.secret.hex() if seed and seed.revealed_at else None,
    }


def request_facts(request: PurchaseRequest) -> dict[str, Any]:
    """The same for one."""
    (told,) = requests_facts([request])
    return told


def _facts(request: PurchaseRequest, labels: dict[int, str], sale: Purchase | None) -> dict[str, Any]:
    drop, method = request.drop, request.payment_method
    told = {
        "id": str(request.pk),
        "drop": str(drop.pk),
        "title": drop.title,
        "starts_at": iso(drop.starts_at),
        "sizes": [labels[size] for size in request.sizes if size in labels],
        "latest_price": request.price_limit.facts,
        "address": request.address,
        "payment_method": str(method.pk) if method is not None else None,
        "status": request.status,
        "reservation": _id(request.reservation_id),
        "purchase": _id(sale.pk if sale is not None else None),
        "place": request.place,
        "created_at": iso(request.created_at),
        "moved_at": iso(request.moved_at),
    }
    if request.reason:
        told |= {"reason": request.reason, "because": because_of(request.reason, request.note)}
    return told


def _id(pk: UUID | None) -> str | None:
    return str(pk) if pk is not None else None
