"""Telling members how their requests ended: all at once, those who got none with reason and place (F7)."""

from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from drops.labels import size_in_sentence
from drops.models import Drop
from dropshop.core.notice_groups import Group, Way
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.payments.news import CrowdNotice, write_down_each
from reservations.purchases.models import Purchase
from reservations.requests.models import Status, because_of

AT_ONCE = 1000  # requests that are told of in one transaction
GROUP = Group("Your purchase requests", ("request_bought", "request_failed"), Way.DAILY)


def tell(drop: Drop) -> int:
    """Tells everybody whose request for this drop has ended, and who was not told yet; how many."""
    told, found = 0, AT_ONCE
    while found == AT_ONCE:
        found = _tell_some(drop)
        told += found
    return told


# Read by hand, as there may be a crowd of them.
ENDED = """
SELECT id, member_id, status, reason, note, reservation_id FROM {purchaserequest}
 WHERE drop_id = %(drop)s AND told_at IS NULL AND status IN ('success', 'failed')
 LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
"""
TOLD = "UPDATE {purchaserequest} SET told_at = clock_timestamp() WHERE id = ANY(%(ids)s::uuid[])"


class EndedRequest(NamedTuple):
    """One that has ended, and whose member is told now."""

    id: UUID
    member_id: UUID
    status: str
    reason: str
    note: str
    reservation_id: UUID | None


@retrying
def _tell_some(drop: Drop) -> int:
    with transaction.atomic():
        ended = [EndedRequest(*row) for row in rows(ENDED, drop=drop.pk, most=AT_ONCE)]
        bought = {request.reservation_id: request for request in ended if request.status == Status.SUCCESS}
        sales = Purchase.objects.filter(reservation__in=[*bought]).select_related("size") if bought else ()
        write_down_each.value("request_bought", [_bought(drop, bought[sale.reservation_id], sale) for sale in sales])
        write_down_each.value("request_failed", [_failed(drop, each) for each in ended if each.status == Status.FAILED])
        rows(TOLD, ids=[request.id for request in ended])
    return len(ended)


def _bought(drop: Drop, request: EndedRequest, sale: Purchase) -> CrowdNotice:
    text = f"{drop.title}, {size_in_sentence(sale.size.label)}: your purchase request has bought it. Order {sale.number}."
    return request.member_id, _cause(request), text, sale.get_absolute_url()


def _failed(drop: Drop, request: EndedRequest) -> CrowdNotice:
    because = because_of(request.reason, request.note)
    return request.member_id, _cause(request), f"{drop.title}: your purchase request got no pair. {because}", "/requests/"


def _cause(request: EndedRequest) -> str:
    return f"request:{request.id}"
