"""What staff do through the API: schedule a drop, change its plan, adjust its stock. Each by permission."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from drops import planning, schedule
from drops.errors import no_such_drop
from drops.facts import drop_facts, find_drop
from drops.models import Drop
from drops.plan_rules import AlreadyEnded
from drops.serializers import (
    DropSerializer,
    NewDropSerializer,
    ReasonedChangesSerializer,
    ReasonSerializer,
    StockSerializer,
    changes_of,
    run_of,
)
from drops.sizes.values import ONE_SIZE
from drops.stock import counters
from drops.stock.counters import BelowCommitted
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.serializers import price_in
from dropshop.core.api.validation import validated
from dropshop.core.errors import Forbidden


def require(request: Request, *permissions: str) -> None:
    """Raises Forbidden unless this is staff with all these permissions; ask before looking anything up.

    It says `missing: second_factor` where staff have none and need one.
    """
    if request.user.is_staff and request.user.lacks_second_factor:
        raise Forbidden(
            "Set up a second factor first: an authenticator or a passkey, in your settings.", missing=["second_factor"]
        )
    if not (request.user.is_staff and request.user.has_perms(permissions)):
        raise Forbidden("This is for staff.")


def create(request: Request) -> Response:
    """A drop and its size run."""
    require(request, "drops.add_drop")
    facts = validated(NewDropSerializer(data=request.data))
    if facts["published"]:
        require(request, "drops.publish_drop")
    sneaker = facts.pop("sneaker")
    money = price_in(facts["price"], sneaker.currency)
    total, lines = facts.pop("total"), facts.pop("sizes", None)
    run = run_of(lines, sneaker)[0] if lines else [(ONE_SIZE, total)]
    drop = planning.create_drop(
        sneaker, run, by=member_of(request), **facts | {"price": money.minor, "currency": money.currency}
    )
    return _described(request, drop, status=201)


def change(request: Request, find_drop: Callable[[], Drop]) -> Response:
    """The given fields of the plan; counters are not among them."""
    require(request, "drops.change_drop")
    drop = find_drop()
    shape = ReasonedChangesSerializer(data=request.data, partial=True, context={"drop": drop, "by": member_of(request)})
    changes, reason = changes_of(validated(shape), drop)
    if changes.get("published"):
        require(request, "drops.publish_drop")
    return _described(request, planning.change_drop(drop.pk, changes, by=member_of(request), reason=reason))


@extend_schema(
    operation_id="adjust_stock",
    summary="Set a size's total",
    description="For staff, while the drop runs; never below the pairs that are held and sold.",
    tags=["staff"],
    request=StockSerializer,
    responses={200: DropSerializer, **problem_responses(BelowCommitted)},
)
@api_view(["PATCH"])
def adjust(request: Request, id: str) -> Response:
    """The drop as it stands then. Refused below the pairs held and sold, with the numbers (S5)."""
    require(request, "drops.adjust_stock")
    drop = _any_drop(id)
    wanted = validated(StockSerializer(data=request.data, context={"drop": drop}))
    counters.adjust(wanted["size"].pk, total=wanted["total"], reason=wanted["reason"], by=member_of(request))
    return _described(request, drop)


@extend_schema(
    operation_id="call_off_drop",
    summary="Call a drop off",
    description="For staff, before or while it runs; for good. Holds already made may still be paid.",
    tags=["staff"],
    request=ReasonSerializer,
    responses={200: DropSerializer, **problem_responses(AlreadyEnded)},
)
@api_view(["POST"])
def call_off(request: Request, id: str) -> Response:
    """The drop, which is over from now on."""
    require(request, "drops.call_off_drop")
    drop = _any_drop(id)
    wanted = validated(ReasonSerializer(data=request.data))
    return _described(request, schedule.call_off(drop.pk, by=member_of(request), reason=wanted["reason"]))


def _any_drop(id_or_slug: str) -> Drop:
    """Also a draft; raises NotFound."""
    drop = find_drop(id_or_slug, among=Drop.objects.all())
    if drop is None:
        raise no_such_drop()
    return drop


def _described(request: Request, drop: Drop, status: int = 200) -> Response:
    (facts,) = drop_facts([drop], viewer=request.user)
    return Response(facts, status=status)
