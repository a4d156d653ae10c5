"""What staff do through the API: schedule a drop, change its plan, adjust its stock. Each by permission."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from drops import plans, stock
from drops.api.shapes import DropSerializer, NewDropSerializer, ReasonedChangesSerializer, StockSerializer, price_in
from drops.facts import drop_facts, find
from drops.models import Drop, Sneaker
from drops.size_run import find_size
from drops.sizes import ONE_SIZE, NotASize, read_size
from drops.stock import BelowCommitted
from dropshop.api.given import given
from dropshop.api.schema import refusals
from dropshop.errors import Forbidden, Invalid, NotFound


def require(request: Request, *permissions: str) -> None:
    """Raises Forbidden unless this is staff with all these permissions; ask before looking anything up."""
    if not (request.user.is_staff and request.user.has_perms(permissions)):
        raise Forbidden("This is for staff.")


def create(request: Request) -> Response:
    """A drop and its size run."""
    require(request, "drops.add_drop")
    facts = given(NewDropSerializer(data=request.data))
    if facts["published"]:
        require(request, "drops.publish_drop")
    sneaker = Sneaker.objects.filter(pk=facts.pop("sneaker")).first()
    if sneaker is None:
        raise Invalid(errors={"sneaker": ["There is no such sneaker."]})
    money = price_in(facts["price"], sneaker.currency)
    total, lines = facts.pop("total"), facts.pop("sizes", None)
    run = _run(lines, sneaker) if lines else [(ONE_SIZE, total)]
    drop = plans.plan(sneaker, run, by=request.user, **facts | {"price": money.minor, "currency": money.currency})
    return _described(request, drop, status=201)


def _run(lines: Sequence[Mapping[str, Any]], sneaker: Sneaker) -> list[tuple[str, int]]:
    """Each size in its one spelling, with its pairs; raises Invalid, by field, for what is no size, and for one named twice."""
    run: dict[str, int] = {}
    errors: dict[str, list[str]] = {}
    for place, line in enumerate(lines):
        try:
            label = read_size(line["size"], sneaker.size_system)
        except NotASize as refusal:
            errors[f"sizes.{place}.size"] = [str(refusal)]
            continue
        if label in run:
            errors["sizes"] = [f"{label} is in there twice."]
        run[label] = line["total"]
    if errors:
        raise Invalid(errors=errors)
    return list(run.items())


def change(request: Request, find_drop: Callable[[], Drop]) -> Response:
    """The given fields of the plan; counters are not among them."""
    require(request, "drops.change_drop")
    drop = find_drop()
    changes = given(ReasonedChangesSerializer(data=request.data, partial=True))
    reason = changes.pop("reason", "")
    if changes.get("published"):
        require(request, "drops.publish_drop")
    if "price" in changes:
        money = price_in(changes["price"], drop.currency)
        changes |= {"price": money.minor, "currency": money.currency}
    return _described(request, plans.replan(drop.pk, changes, by=request.user, reason=reason))


@extend_schema(
    operation_id="adjust_stock",
    summary="Set a size's total",
    description="For staff, while the drop runs; never below the pairs that are held and sold.",
    tags=["staff"],
    request=StockSerializer,
    responses={200: DropSerializer, **refusals(BelowCommitted)},
)
@api_view(["PATCH"])
def adjust(request: Request, id: str) -> Response:  # noqa: A002 - the contract's own word
    """The drop as it stands then. Refused below the pairs held and sold, with the numbers (S5)."""
    require(request, "drops.adjust_stock")
    drop = find(id, among=Drop.objects.all())
    if drop is None:
        raise NotFound("There is no such drop.")
    wanted = given(StockSerializer(data=request.data))
    size = find_size(drop, wanted["size"])
    if size is None:
        raise Invalid(errors={"size": ["This drop has no such size."]})
    stock.adjust(size.pk, total=wanted["total"], reason=wanted["reason"], by=request.user)
    return _described(request, drop)


def _described(request: Request, drop: Drop, status: int = 200) -> Response:
    (facts,) = drop_facts([drop], viewer=request.user)
    return Response(facts, status=status)
