"""What members do with their own pairs: adding, changing and removing them.

The owner is never changed here: pairs change hands by trades alone (T1). Both lock their pairs first, in id order: a pair is
changed either before a trade takes it, and then its offers are stale, or after that, and then it belongs to somebody else.
"""

from collections.abc import Callable, Collection, Mapping
from copy import copy
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import PROTECT, ForeignObjectRel

from community.closet import folders, hooks
from community.closet.facts import Promised
from community.closet.models import Folder, Pair, PairPicture, Visibility
from community.people import relations
from community.people.models import Member
from community.pricing.condition import Condition
from drops.models import Sneaker
from drops.sizes.labels import size_label
from dropshop.core.clock import database_time
from dropshop.core.errors import TEXT, DropshopError, Invalid, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.money import Money
from dropshop.core.text import clean_text
from dropshop.core.transactions import after_commit, retrying

MAX_PAIRS = 5000  # pairs in one closet
MAX_PAIRS_AT_ONCE = 200  # pairs that one request changes

UNSEEN = "A pair for trade must be visible to members: change who can see it first."


class SomeRefused(DropshopError):
    """Nothing was changed, because some pairs cannot be. `refused`: each with its `pair`, `name`, `code` and `detail`."""

    code, status, title = "some_refused", 409, "Nothing was changed: some of these pairs cannot be changed."
    brings = {"refused": {"type": "array", "items": {"type": "object", "additionalProperties": TEXT}}}


class PairChanges(TypedDict, total=False):
    """What owners can set on their pairs. Whatever is left out stays as it is; `folder` is a name, "" for none."""

    sneaker: Sneaker
    size: str
    condition: Condition
    price: Money | None
    notes: str
    folder: str
    visibility: Visibility
    for_trade: bool


# What a pair is: offers were made for exactly that, so they end when it changes.
NATURE = ("sneaker", "size", "condition")
# All that may be changed on a promised pair: its folder concerns only its owner.
STILL_FREE = {"folder"}


def add(member: Member, changes: PairChanges) -> Pair:
    """A new pair in the member's closet, with at least a sneaker and a size. Raises Invalid, Forbidden."""
    (pair,) = add_each(member, [changes])
    return pair


@retrying
def add_each(member: Member, wanted: Collection[PairChanges]) -> list[Pair]:
    """New pairs in the member's closet, all of them or none. Raises Invalid, Forbidden."""
    with transaction.atomic():
        lock_open_account(member)
        if Pair.objects.filter(owner=member, removed_at=None).count() + len(wanted) > MAX_PAIRS:
            raise Invalid(f"A closet holds {MAX_PAIRS:,} pairs.")
        shelves = {
            name: folders.named(member, name) for name in sorted({changes.get("folder") or "" for changes in wanted}) if name
        }
        pairs = [_new(member, changes, shelves) for changes in wanted]
        _require_may_show(member, pairs, {})
        pairs = Pair.objects.bulk_create(pairs)
        hooks.pairs_offered.value([pair for pair in pairs if pair.for_trade])
    return pairs


def _new(member: Member, changes: PairChanges, shelves: Mapping[str, Folder]) -> Pair:
    pair = Pair(owner=member)
    _apply(pair, _resolved(changes, shelves))
    return pair


def change(pair_id: UUID, *, member: Member, changes: PairChanges) -> Pair:
    """The member's pair after the changes. Raises NotFound, Invalid, Promised, Forbidden."""
    (pair,) = change_each([pair_id], member=member, changes=changes)
    return pair


@retrying
def change_each(pair_ids: Collection[UUID], *, member: Member, changes: PairChanges) -> list[Pair]:
    """The same changes to all of these pairs, or to none. Raises NotFound, Invalid, and SomeRefused (for one: its refusal)."""
    with transaction.atomic():
        name = changes.get("folder")
        given = _resolved(changes, {name: folders.named(member, name)} if name else {})
        locked = _lock(member, pair_ids)
        ends_offers = [pair.pk for pair in locked if _ends_offers(pair, given)]
        hooks.pairs_changed.value(ends_offers, "A pair in it was changed by its owner.")
        before = {pair.pk: copy(pair) for pair in locked}
        _each(locked, lambda pair: _change(pair, given))
        _require_may_show(member, locked, before)
        if given:
            Pair.objects.bulk_update(locked, sorted(given))
        hooks.pairs_offered.value([pair for pair in locked if pair.for_trade and not before[pair.pk].for_trade])
    return locked


def remove(pair_id: UUID, *, member: Member) -> None:
    """The pair is out of the member's closet. Raises NotFound, Promised."""
    remove_each([pair_id], member=member)


@retrying
def remove_each(pair_ids: Collection[UUID], *, member: Member) -> None:
    """Removes all of these from the closet, or none. Those that trades or complaints refer to are kept, but hidden."""
    with transaction.atomic():
        # No other row may begin to point at what is about to go, so here the lock is the full one.
        locked = _lock(member, pair_ids, no_key=False)
        hooks.pairs_changed.value([pair.pk for pair in locked], "A pair in it was removed from its closet.")
        _each(locked, _require_not_promised)
        take_out(locked)


def take_out(locked: Collection[Pair]) -> None:
    """These pairs, which the caller has locked (no row may begin to point at them), are in their closets no more."""
    kept = _spoken_of([pair.pk for pair in locked])
    Pair.objects.filter(pk__in=kept).update(removed_at=database_time(), for_trade=False, folder=None)
    gone = Pair.objects.filter(pk__in=[pair.pk for pair in locked if pair.pk not in kept])
    images = [picture.image for picture in PairPicture.objects.filter(pair__in=gone)]
    gone.delete()
    for image in images:
        after_commit(image.delete, save=False)


def _spoken_of(pair_ids: Collection[UUID]) -> set[UUID]:
    """Those of these pairs that rows which must stay point at: trades, moves, complaints, and what else there will be."""
    found: set[UUID] = set()
    for relation in Pair._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT:
            pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": pair_ids})
            found |= set(pointing.values_list(relation.field.name, flat=True))
    return found


def _lock(member: Member, pair_ids: Collection[UUID], *, no_key: bool = True) -> list[Pair]:
    """The member's pairs of these ids; raises NotFound where one is missing, and Invalid for none or too many."""
    wanted = set(pair_ids)
    if not 0 < len(wanted) <= MAX_PAIRS_AT_ONCE:
        raise Invalid(errors={"pairs": [f"Choose 1 to {MAX_PAIRS_AT_ONCE} pairs."]})
    pairs = Pair.objects.filter(owner=member, removed_at=None, pk__in=wanted).select_related("sneaker").order_by("pk")
    locked = list(pairs.select_for_update(no_key=no_key, of=("self",)))
    if len(locked) != len(wanted):
        raise NotFound("You have no such pair.")
    return locked


def _each(pairs: list[Pair], act: Callable[[Pair], None]) -> None:
    """Does it to all; what was refused is named, together."""
    refused: list[tuple[Pair, DropshopError]] = []
    for pair in pairs:
        try:
            act(pair)
        except DropshopError as refusal:
            refused.append((pair, refusal))
    if refused and len(pairs) == 1:
        raise refused[0][1]
    if refused:
        raise SomeRefused(
            refused=[
                {"pair": str(pair.pk), "name": str(pair), "code": why.code, "detail": _sentence(why)} for pair, why in refused
            ]
        )


def _sentence(refusal: DropshopError) -> str:
    errors: dict[str, list[str]] = refusal.facts.get("errors", {})
    return " ".join(word for words in errors.values() for word in words) or refusal.detail


def _resolved(changes: PairChanges, shelves: Mapping[str, Folder]) -> dict[str, Any]:
    """The changes with the folder itself, and the price in minor units."""
    given: dict[str, Any] = dict(changes)
    if "folder" in given:
        given["folder"] = shelves[given["folder"]] if given["folder"] else None
    if "price" in given:
        price = given["price"]
        given["price"] = price.minor if price else None
        if price:
            given["currency"] = price.currency
    if given.get("visibility") == Visibility.PRIVATE:
        given.setdefault("for_trade", False)  # a pair that nobody sees cannot be asked for
    return given


def _ends_offers(pair: Pair, changes: dict[str, Any]) -> bool:
    """Whether offers that hold this pair would be for something that is no longer there, or that others no longer see."""
    leaves = pair.for_trade and changes.get("for_trade") is False
    return leaves or changes.get("visibility") == Visibility.PRIVATE or bool(_changed(pair, changes).intersection(NATURE))


def _changed(pair: Pair, changes: dict[str, Any]) -> set[str]:
    """The names of the fields that would change."""
    return {name for name, value in changes.items() if getattr(pair, name) != value}


def _require_not_promised(pair: Pair) -> None:
    if pair.promised_in_id is not None:
        raise Promised


def _change(pair: Pair, changes: dict[str, Any]) -> None:
    before = copy(pair)
    _apply(pair, changes)
    if _changed(before, {name: getattr(pair, name) for name in changes}) - STILL_FREE:
        _require_not_promised(pair)


def _apply(pair: Pair, changes: dict[str, Any]) -> None:
    """Sets what is given; raises Invalid for what cannot be."""
    for name, value in changes.items():
        setattr(pair, name, value)
    pair.size = size_label(pair.size, pair.sneaker)
    pair.notes = clean_text(pair.notes, limit=1000, field="notes", required=False)
    if pair.for_trade and pair.visibility == Visibility.PRIVATE:
        raise Invalid(errors={"for_trade": [UNSEEN]})


def _require_may_show(member: Member, pairs: list[Pair], before: Mapping[UUID, Pair]) -> None:
    """Raises Forbidden where a silenced member would show others what they have not seen yet."""
    seen = (pair for pair in pairs if pair.visibility != Visibility.PRIVATE)
    if any(_new_to_others(pair, before.get(pair.pk)) for pair in seen):
        relations.require_not_silenced(member)


def _new_to_others(pair: Pair, before: Pair | None) -> bool:
    return before is None or before.visibility == Visibility.PRIVATE or before.notes != pair.notes
