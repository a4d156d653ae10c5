"""What a drop may ask of a member that only the community knows: karma."""

from collections.abc import Collection
from uuid import UUID

from community.karma.levels import balances_of
from community.people.models import Member
from drops.models import Drop
from reservations.passes.requirements import MissingRequirement


def missing_karma(members: Collection[Member], drop: Drop) -> dict[UUID, MissingRequirement]:
    """What those of these members lack who have too few points for this drop, by their ids; asks nobody where it wants none."""
    if not drop.min_karma:
        return {}
    balances = balances_of({member.pk for member in members})
    return {pk: _lack(drop, balance) for pk, balance in balances.items() if balance < drop.min_karma}


def _lack(drop: Drop, balance: int) -> MissingRequirement:
    words = f"This drop asks for {drop.min_karma} karma. You have {balance}."
    return MissingRequirement("karma", words, "/karma/", {"karma_needed": drop.min_karma, "karma": balance})
