"""What is forgotten of purchase requests: what is personal when their member leaves, address and origin soon after the end."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from drops.models import Size
from drops.stock import counters
from dropshop.core.members import Member
from dropshop.core.pruning import in_batches
from reservations.requests.models import OPEN, STANDING, PurchaseRequest, Reason, RequestMove, Status
from reservations.requests.moves import Moving, move_each

NOTHING: dict[str, Any] = {"address": None, "network": "", "device": ""}


def end_all(member: Member) -> None:
    """The member leaves: none of their requests gets a pair any more. Before their holds are given back, in one transaction."""
    waiting = PurchaseRequest.objects.filter(member=member, status__in=STANDING)
    counters.lock_sizes(Size.objects.filter(drop__in=waiting.values("drop")).order_by().values_list("pk", flat=True))
    for status in STANDING:
        move_each(status, Status.WITHDRAWN, [Moving(pk) for pk in _ids(waiting.filter(status=status))])


def forget(member: Member) -> None:
    """What their requests say of them is gone; after their holds were given back. What is bought stays bought."""
    mine = PurchaseRequest.objects.filter(member=member)
    lost = mine.filter(status=Status.PROCESSING).exclude(reservation__status__in=("active", "completed"))
    move_each(Status.PROCESSING, Status.FAILED, [Moving(pk, Reason.ACCOUNT) for pk in _ids(lost)])
    mine.update(**NOTHING, note="", payment_method=None)
    RequestMove.objects.filter(request__member=member).exclude(note="").update(note="")


def forget_addresses(before: datetime) -> int:
    """Of requests that ended before this moment; how many."""
    with_address = Q(address__isnull=False)
    ended = PurchaseRequest.objects.filter(with_address, moved_at__lt=before).exclude(status__in=OPEN).order_by("moved_at")
    return in_batches(ended, lambda keys: PurchaseRequest.objects.filter(pk__in=keys).update(**NOTHING))


def _ids(requests: QuerySet[PurchaseRequest]) -> list[Any]:
    return [*requests.order_by("pk").values_list("pk", flat=True)]
