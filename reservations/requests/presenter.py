"""What the pages say of purchase requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from drops.labels import size_in_sentence
from drops.models import Mode, Size
from reservations.purchases.models import Purchase
from reservations.requests.models import PurchaseRequest, Status, because_of

NOW = {
    Status.ENTERED: "Asked for",
    Status.IN_QUEUE: "Waits for a pair",
    Status.PROCESSING: "A pair is held",
    Status.SUCCESS: "Bought",
    Status.FAILED: "No pair",
    Status.WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of the list."""

    request: PurchaseRequest
    sizes: str  # "9, then 10"
    now: str
    means: str  # what that means, in a sentence; "" where `now` says it all
    order: Purchase | None
    can_withdraw: bool
    is_open: bool  # the drop has started


def request_rows(requests: Iterable[PurchaseRequest], moment: datetime) -> list[RequestRow]:
    """One for each, in their order, as they stand at this moment; two statements, however many they are."""
    requests = list(requests)
    labels = dict(Size.objects.filter(drop__in={request.drop_id for request in requests}).values_list("pk", "label"))
    holds = [request.reservation_id for request in requests if request.reservation_id]
    sales = {sale.reservation_id: sale for sale in Purchase.objects.filter(reservation__in=holds).select_related("size")}
    return [_row(request, labels, sales, moment) for request in requests]


def _row(request: PurchaseRequest, labels: dict[int, str], sales: dict, moment: datetime) -> RequestRow:
    order, status = sales.get(request.reservation_id), Status(request.status)
    waits = status == Status.IN_QUEUE and request.drop.mode == Mode.QUEUE
    return RequestRow(
        request=request,
        sizes=", then ".join(labels[size] for size in request.sizes if size in labels),
        now=NOW[status],
        means=_means(request, order),
        order=order,
        is_open=request.drop.starts_at <= moment,
        can_withdraw=waits or (status == Status.ENTERED and moment < request.drop.starts_at),
    )


def _means(request: PurchaseRequest, order: Purchase | None) -> str:
    match request.status:
        case Status.ENTERED:
            return "We ask for it when the drop opens. You need not be there."
        case Status.IN_QUEUE:
            if request.drop.mode == Mode.QUEUE:
                return "It waits in the queue at your place, and takes a pair when your turn comes."
            return "What is left half a minute after the start goes to requests like this one."
        case Status.PROCESSING:
            return "Your bank is being asked. You need not do anything."
        case Status.SUCCESS if order is not None:
            return f"It is yours: {size_in_sentence(order.size.label)}, for {order.money}."
        case Status.FAILED:
            return f"{because_of(request.reason, request.note)} You were not charged."
    return ""
