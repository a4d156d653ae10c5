"""What staff may do with a purchase request: end it, for a reason that its member reads. Nothing else."""

from uuid import UUID

from django.db import transaction

from dropshop.core.errors import Invalid
from dropshop.core.members import Member
from dropshop.core.transactions import retrying
from reservations.requests.errors import RequestEnded
from reservations.requests.models import STANDING, PurchaseRequest, Reason, Status
from reservations.requests.moves import Moving, move_each
from reservations.requests.paying import fail

REASON_MAX_LENGTH = 300  # characters


@retrying
def end(request_id: UUID, *, by: Member, reason: str) -> None:
    """The request fails, and a pair that it has got goes back. Raises Invalid without a reason, RequestEnded where it has ended
    or was bought meanwhile."""
    because = reason.strip()
    if not 0 < len(because) <= REASON_MAX_LENGTH:
        raise Invalid(errors={"reason": [f"Say why, in at most {REASON_MAX_LENGTH} characters."]})
    moving = Moving(request_id, Reason.STAFF, because)
    with transaction.atomic():
        ended = any(move_each(was, Status.FAILED, [moving], by=by) for was in STANDING)
        if not ended and not fail(request_id, Reason.STAFF, because, by=by):
            raise RequestEnded(request_status=PurchaseRequest.objects.get(pk=request_id).status)
