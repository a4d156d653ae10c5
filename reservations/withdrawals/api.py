"""The API of withdrawals."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.errors import ConcurrentUpdate, NotFound, RateLimited
from dropshop.core.limits import limited
from reservations.withdrawals import withdraw as operation
from reservations.withdrawals.errors import OrderEnded, WithdrawalClosed
from reservations.withdrawals.facts import withdrawal_facts
from reservations.withdrawals.serializers import WithdrawnSerializer


@extend_schema(
    operation_id="withdraw",
    summary="Withdraw from the contract",
    description="From the sale until 14 days after delivery, without a reason; the same again: 200 with the same withdrawal. "
    "The name on the order's address and the account's e-mail address stand in the statement. "
    "404 where the shop has switched the withdrawal function off.",
    tags=["purchases"],
    request=None,
    responses={
        200: WithdrawnSerializer,
        201: WithdrawnSerializer,
        **problem_responses(NotFound, WithdrawalClosed, OrderEnded, ConcurrentUpdate, RateLimited),
    },
)
@api_view(["POST"], creates="purchases/{withdrawal[purchase]}")
@limited("withdraw")
def withdraw(request: Request, id: UUID) -> Response:
    """The withdrawal."""
    member = member_of(request)
    mine = member.purchases.filter(pk=id).first()
    if mine is None:
        raise NotFound("You have no such purchase.")
    done = operation.withdraw(mine.pk, name=mine.address.get("name", ""), email=member.email, by=member)
    return Response({"withdrawal": withdrawal_facts(done.withdrawal)}, status=201 if done.created else 200)
