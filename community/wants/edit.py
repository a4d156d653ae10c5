"""Adding, changing and deleting a member's wants."""

from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from community.people.models import Member
from community.pricing.condition import Condition
from community.wants.models import Want
from drops.models import Sneaker
from drops.sizes.labels import size_labels
from dropshop.core.errors import ID, DropshopError, Invalid, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.money import Money
from dropshop.core.transactions import retrying

MAX_WANTS = 200  # wants of one member
MAX_SIZES = 40  # of one want


class AlreadyWanted(DropshopError):
    """One want per sneaker: change the one there is. `want`: its id."""

    code, status, title = "already_wanted", 409, "You already want this sneaker."
    brings = {"want": ID}


class WantTerms(TypedDict, total=False):
    """What is wanted of a sneaker. Whatever is left out stays as it is."""

    sizes: list[str]
    worst_condition: Condition
    highest_price: Money | None


def add(member: Member, sneaker: Sneaker, wish: WantTerms) -> tuple[Want, bool]:
    """The member's want of this sneaker, and whether it is new; the same wish again is the same want.

    Raises AlreadyWanted where it was wanted otherwise, Invalid.
    """
    want = _wished(Want(member=member, sneaker=sneaker), wish)
    with transaction.atomic():
        lock_open_account(member)
        if Want.objects.filter(member=member).count() >= MAX_WANTS:
            raise Invalid(f"At most {MAX_WANTS} wants.")
        Want.objects.bulk_create([want], ignore_conflicts=True)
        stored = Want.objects.select_related("sneaker").get(member=member, sneaker=sneaker)
    is_new = stored.pk == want.pk
    if not is_new and _says(stored) != _says(want):
        raise AlreadyWanted(want=str(stored.pk))
    return stored, is_new


@retrying
def change(want_id: UUID, *, member: Member, wish: WantTerms) -> Want:
    """The member's want after the change. Raises NotFound, Invalid."""
    with transaction.atomic():
        mine = Want.objects.select_for_update(no_key=True, of=("self",)).select_related("sneaker")
        locked = mine.filter(pk=want_id, member=member).first()
        if locked is None:
            raise NotFound("You have no such want.")
        _wished(locked, wish).save(update_fields=["sizes", "worst_condition", "highest_price", "currency"])
    return locked


def remove(want_id: UUID, *, member: Member) -> None:
    """The member no longer looks for it. Raises NotFound."""
    gone, _ = Want.objects.filter(pk=want_id, member=member).delete()
    if not gone:
        raise NotFound("You have no such want.")


def _wished(want: Want, wish: WantTerms) -> Want:
    if "sizes" in wish:
        want.sizes = size_labels(wish["sizes"], want.sneaker, most=MAX_SIZES)
    if "worst_condition" in wish:
        want.worst_condition = wish["worst_condition"]
    if "highest_price" in wish:
        price = wish["highest_price"]
        want.highest_price, want.currency = (price.minor, price.currency) if price else (None, want.currency)
    return want


def _says(want: Want) -> tuple[Any, ...]:
    return set(want.sizes), want.worst_condition, want.highest_price, want.highest_price and want.currency
