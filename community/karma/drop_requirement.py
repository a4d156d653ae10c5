"""What a drop may ask of a member that only the community knows: karma."""

from community.karma.levels import balance_of
from community.people.models import Member
from drops.models import Drop
from reservations.passes.requirements import MissingRequirement


def missing_karma(member: Member, drop: Drop) -> MissingRequirement | None:
    """The points that the member lacks in this drop; None for who has enough, without a look where it asks for none."""
    if not drop.min_karma:
        return None
    balance = balance_of(member)
    if balance >= drop.min_karma:
        return None
    words = f"This drop asks for {drop.min_karma} karma. You have {balance}."
    return MissingRequirement("karma", words, "/karma/", {"karma_needed": drop.min_karma, "karma": balance})
