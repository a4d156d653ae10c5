"""Telling members how their requests ended: all at once, those who got none with reason and place (F7)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from drops.labels import size_in_sentence
from drops.models import Drop
from dropshop.core.clock import ClockTimestamp
from dropshop.core.hooks import Hook
from dropshop.core.notice_groups import Group, Way
from dropshop.core.transactions import retrying
from reservations.purchases.models import Purchase
from reservations.requests.models import PurchaseRequest, Reason, Status

AT_ONCE = 1000  # requests that are told of in one transaction
GROUP = Group("Your purchase requests", ("request_bought", "request_failed"), Way.DAILY)


class EndedRequest(NamedTuple):
    """What its member is told of a request that has ended."""

    member_id: UUID
    cause: str
    text: str
    url: str


# (kind, [(member, cause, text, address)]): writes notices down in the caller's transaction. Filled at start-up by the app that
# keeps notices, which we may not know.
Notices = Sequence[tuple[UUID, str, str, str]]
write_down_each: Hook[Callable[[str, Notices], object]] = Hook("reservations.requests.write_down_each")


def tell(drop: Drop) -> int:
    """Tells everybody whose request for this drop has ended, and who was not told yet; how many."""
    told, found = 0, AT_ONCE
    while found == AT_ONCE:
        found = _tell_some(drop)
        told += found
    return told


@retrying
def _tell_some(drop: Drop) -> int:
    with transaction.atomic():
        due = PurchaseRequest.objects.filter(drop=drop, told_at=None, status__in=[Status.SUCCESS, Status.FAILED])
        some = due.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",)).defer("address")[:AT_ONCE]
        ended = list(some)
        bought = _purchases(request for request in ended if request.status == Status.SUCCESS)
        lines = [(request, _line(drop, request, bought.get(request.reservation_id))) for request in ended]
        for status, kind in ((Status.SUCCESS, "request_bought"), (Status.FAILED, "request_failed")):
            write_down_each.value(kind, [line for request, line in lines if request.status == status])
        PurchaseRequest.objects.filter(pk__in=[request.pk for request in ended]).update(told_at=ClockTimestamp())
    return len(ended)


def _purchases(requests: Iterable[PurchaseRequest]) -> dict[Any, Purchase]:
    """What was bought for these requests, by their holds."""
    holds = [request.reservation_id for request in requests]
    return {sale.reservation_id: sale for sale in Purchase.objects.filter(reservation__in=holds).select_related("size")}


def _line(drop: Drop, request: PurchaseRequest, sale: Purchase | None) -> EndedRequest:
    cause = f"request:{request.pk}"
    if sale is not None:
        text = f"{drop.title}, {size_in_sentence(sale.size.label)}: your purchase request has bought it. Order {sale.number}."
        return EndedRequest(request.member_id, cause, text, sale.get_absolute_url())
    because = request.note if request.reason == Reason.STAFF else f"{Reason(request.reason).label} {request.note}".strip()
    return EndedRequest(request.member_id, cause, f"{drop.title}: your purchase request got no pair. {because}", "/requests/")
