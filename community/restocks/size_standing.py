"""Which sizes of a report are confirmed, and of which a word is: what nobody confirmed is not told as confirmed (R1)."""

from collections.abc import Iterable

from community.restocks import rewards
from community.restocks.models import Restock, RestockVote
from drops.sizes.labels import size_labels
from dropshop.core.errors import Invalid

Kind = RestockVote.Kind


def named(restock: Restock, sizes: Iterable[str]) -> list[str]:
    """The sizes of the report that the member means; raises Invalid for none, and for one that it does not name."""
    wanted = size_labels((size for size in sizes if size.strip()), restock.sneaker, most=len(restock.sizes) or 1)
    if not wanted:
        raise Invalid(errors={"sizes": ["Choose the sizes you saw."]})
    if unknown := [size for size in wanted if size not in restock.sizes]:
        raise Invalid(errors={"sizes": [f"This report does not name {', '.join(unknown)}. Report it, and it is added."]})
    return wanted


def of_word(restock: Restock, kind: str, known: RestockVote | None, sizes: list[str] | None) -> list[str] | None:
    """The sizes a member's vote is about: a confirmation covers these and those confirmed before; all if they name none. Other
    words are of the report as a whole.
    """
    if kind != Kind.CONFIRM:
        return None
    before = _sizes_of(restock, known) if known is not None and known.kind == Kind.CONFIRM else []
    said = restock.sizes if sizes is None else sizes
    return [size for size in restock.sizes if size in said or size in before]


def _sizes_of(restock: Restock, vote: RestockVote) -> list[str]:
    if vote.sizes is not None:
        return vote.sizes
    return [size for size in restock.sizes if size not in (restock.joined_sizes or ())]


def confirmed_by_members(restock: Restock) -> list[str]:
    """The sizes that enough independent members have named, who weigh no less than those who did not find it."""
    groups = rewards.independent(restock, [Kind.CONFIRM, Kind.DISPUTE])
    against = sum(max(weights) for group in groups if (weights := [vote.weight for vote in group if vote.kind == Kind.DISPUTE]))
    return [size for size in restock.sizes if _is_confirmed(restock, size, groups, against)]


def _is_confirmed(restock: Restock, size: str, groups: list[list[RestockVote]], against: int) -> bool:
    """A member who added the size to somebody else's report has reported it: their vote does not confirm it."""
    said = [
        max(weights)
        for group in groups
        if (weights := [vote.weight for vote in group if vote.kind == Kind.CONFIRM and size in _sizes_of(restock, vote)])
    ]
    if size in (restock.joined_sizes or ()):
        said = sorted(said)[1:]
    return rewards.are_enough(len(said), sum(said)) and sum(said) >= against
