"""The addresses of a member: several, one of which is used first. Nobody finds those of somebody else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from dropshop.core.errors import NUMBER, DropshopError, Invalid, NotFound
from dropshop.core.members import Member, lock_open_account
from dropshop.core.transactions import retrying
from reservations.addresses.lines import LINES, check_lines
from reservations.addresses.models import SavedAddress

MAX_ADDRESSES = 20  # of one member
KEEP_ONE_FIRST = "Make another address the one that is used first instead."


class TooManyAddresses(DropshopError):
    """The member has saved as many addresses as one may. `limit`."""

    code, status, title = "too_many_addresses", 409, "You have saved as many addresses as you can. Remove one first."
    brings = {"limit": NUMBER}


def addresses_of(member: Member) -> QuerySet[SavedAddress]:
    """The member's addresses: the one that is used first, then the newest."""
    return SavedAddress.objects.filter(member=member)


def find(address_id: Any, member: Member) -> SavedAddress:
    """The member's address; raises NotFound for anyone else's, and for what is no id."""
    try:
        return addresses_of(member).get(pk=UUID(str(address_id)))
    except (SavedAddress.DoesNotExist, ValueError):
        raise _none() from None


@retrying
def add(member: Member, given: Mapping[str, Any], *, first: bool = False) -> SavedAddress:
    """One more address of the member, used first where that is said, or where it is the only one.

    Raises Invalid with what is wrong with its lines, TooManyAddresses, NotAuthenticated for a closed account.
    """
    lines = check_lines(given)
    with transaction.atomic():
        lock_open_account(member)
        others = addresses_of(member)
        count = others.count()
        if count >= MAX_ADDRESSES:
            raise TooManyAddresses(limit=MAX_ADDRESSES)
        if first:
            others.update(is_default=False)
        return SavedAddress.objects.create(member=member, lines=lines, is_default=first or count == 0)


def keep(member: Member, lines: Mapping[str, str]) -> None:
    """Saves an address that a pair was sent to, unless the member has it. Raises TooManyAddresses."""
    given = {line: lines.get(line, "") for line in LINES}
    if given not in [mine.lines for mine in addresses_of(member)]:
        add(member, given)


@retrying
def change(address_id: Any, member: Member, given: Mapping[str, Any], *, first: bool | None = None) -> SavedAddress:
    """The address with the lines that are `given` in place of its own; `first`: it is used first from now on.

    Raises NotFound; Invalid with what is wrong with its lines, and where it is to be used first no longer: another takes that
    place instead.
    """
    with transaction.atomic():
        lock_open_account(member)
        mine = find(address_id, member)
        if first is False and mine.is_default:
            raise Invalid(errors={"is_default": [KEEP_ONE_FIRST]})
        mine.lines = check_lines({**mine.lines, **given})
        if first and not mine.is_default:
            addresses_of(member).update(is_default=False)
            mine.is_default = True
        mine.save(update_fields=["lines", "place_hash", "is_default"])
    return mine


@retrying
def remove(address_id: Any, member: Member) -> None:
    """The address is gone; where it was used first, the newest of those that are left is. Raises NotFound."""
    with transaction.atomic():
        lock_open_account(member)
        mine = find(address_id, member)
        mine.delete()
        if mine.is_default and (newest := addresses_of(member).first()):
            newest.is_default = True
            newest.save(update_fields=["is_default"])


def forget(member: Member) -> None:
    """The member has left: so have their addresses."""
    addresses_of(member).delete()


def _none() -> NotFound:
    return NotFound("You have no such address.")
