"""Pairs that were bought here: into the closet of their buyer, and out of it when their order has ended.

The order is locked first, then the pair.
"""

from uuid import UUID

from django.db import transaction

from community.closet import hooks
from community.closet.models import Pair
from community.closet.pairs import take_out
from community.people.models import Member
from dropshop.core.errors import TEXT, DropshopError, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.transactions import retrying
from reservations.models import OrderMove, Purchase


class NotPaid(DropshopError):
    """The purchase is not paid, or was refunded. `status`: the purchase's."""

    code, status, title = "not_paid", 409, "This purchase is not paid."
    brings = {"purchase_status": TEXT}


class TradedAway(DropshopError):
    """The pair of this purchase is in somebody else's closet now."""

    code, status, title = "traded_away", 409, "You have traded this pair away."


@retrying
def add_purchase(member: Member, purchase_id: UUID) -> tuple[Pair, bool]:
    """The pair of one of the member's own paid purchases, and whether it is new in the closet; seen by nobody else yet.

    Raises NotFound for anyone else's purchase, NotPaid, and TradedAway.
    """
    with transaction.atomic():
        mine = Purchase.objects.filter(pk=purchase_id, member=member).select_related("size", "drop__sneaker")
        bought = mine.select_for_update(no_key=True, of=("self",)).first()
        if bought is None:
            raise NotFound("You have no such purchase.")
        if bought.status not in Purchase.KEPT:
            raise NotPaid(purchase_status=bought.status)
        lock_open_account(member)
        return _pair_of(bought, member)


def _pair_of(bought: Purchase, member: Member) -> tuple[Pair, bool]:
    new = Pair(
        owner=member,
        sneaker=bought.drop.sneaker,
        size=bought.size.label,
        price=bought.price,
        currency=bought.currency,
        purchase=bought,
    )
    # However many ask at once, the unique index lets one through, and the others wait here until it is there.
    Pair.objects.bulk_create([new], ignore_conflicts=True)
    pair = Pair.objects.select_for_update(no_key=True).get(purchase=bought)
    if pair.owner_id != member.pk:
        raise TradedAway
    if pair.removed_at is not None:
        pair.removed_at = None
        pair.save(update_fields=["removed_at"])
        return pair, True
    return pair, pair.pk == new.pk


def leave_with_its_order(order: Purchase, made: OrderMove) -> None:
    """The pair of an order that has ended leaves its buyer's closet, and ends the offers that hold it; called with the order
    locked. A pair that was traded stays with whoever has it now, with where it comes from.
    """
    if made.to not in Purchase.ENDED:
        return
    theirs = Pair.objects.filter(purchase=order, owner=order.member_id, promised_in=None, removed_at=None)
    locked = [*theirs.select_for_update()]
    if locked:
        hooks.pairs_changed.value([pair.pk for pair in locked], "The order that a pair in it came from has ended.")
        take_out(locked)
