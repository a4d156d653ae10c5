"""Following a store, a sneaker (in one size or in all), another member: who follows is told (`restock_news`, the feed)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from community.people import relations
from community.people.models import Follow, Member
from community.stores.models import Store
from drops.models import Sneaker
from drops.sizes.labels import size_label
from dropshop.core.clock import iso
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.members import lock_open_account

MAX_FOLLOWS = 500  # of one member: nobody reads what more would bring
ONE_OF_THEM = "Name a store, a sneaker or a member: one of them."
NO_SIZE = "Only a sneaker is followed in a size."


class Following(NamedTuple):
    """The follow, and whether this call made it."""

    follow: Follow
    created: bool


def follow(
    follower: Member,
    *,
    store: Store | None = None,
    sneaker: Sneaker | None = None,
    size: str = "",
    member: Member | None = None,
) -> Following:
    """Exactly one of store, sneaker and member; `size` narrows a sneaker, "" is all sizes. Doing it twice changes nothing.

    Raises Invalid for oneself and beyond 500, NotFound for a member whom a block stands between.
    """
    wanted = _named(follower, store=store, sneaker=sneaker, size=size, member=member)
    if member is not None:
        if member.pk == follower.pk:
            raise Invalid(errors={"member": ["That is you."]})
        if relations.are_blocked(follower, member):
            raise NotFound("There is no such member.")
    with transaction.atomic():
        if (known := follower.follows.filter(**wanted).first()) is not None:
            return Following(known, False)
        lock_open_account(follower, *([member] if member else []))
        if follower.follows.count() >= MAX_FOLLOWS:
            raise Invalid(errors={"follow": [f"You follow {MAX_FOLLOWS} already. Stop following something first."]})
        Follow.objects.bulk_create([Follow(follower=follower, **wanted)], ignore_conflicts=True)
        return Following(follower.follows.get(**wanted), True)


def unfollow(
    follower: Member,
    *,
    store: Store | None = None,
    sneaker: Sneaker | None = None,
    size: str = "",
    member: Member | None = None,
) -> None:
    """Ends the follow; does nothing if there was none."""
    follower.follows.filter(**_named(follower, store=store, sneaker=sneaker, size=size, member=member)).delete()


def of(member: Member) -> QuerySet[Follow]:
    """All that the member follows, newest first."""
    return member.follows.select_related("store", "sneaker", "member").order_by("-created_at", "-pk")


def follow_facts(follows: Iterable[Follow]) -> list[dict[str, Any]]:
    """As the API tells them; from `of`."""
    return [
        {
            "store": {"id": str(each.store.pk), "slug": each.store.slug, "name": each.store.name} if each.store else None,
            "sneaker": {"id": str(each.sneaker.pk), "name": f"{each.sneaker.brand} {each.sneaker.name}"}
            if each.sneaker
            else None,
            "size": each.size,
            "member": relations.display_name(each.member),
            "created_at": iso(each.created_at),
        }
        for each in follows
    ]


def _named(follower: Member, *, size: str, **things: Any) -> dict[str, Any]:
    if sum(thing is not None for thing in things.values()) != 1:
        raise Invalid(errors={"follow": [ONE_OF_THEM]})
    if not size.strip():
        return {**things, "size": ""}
    if things["sneaker"] is None:
        raise Invalid(errors={"size": [NO_SIZE]})
    return {**things, "size": size_label(size, things["sneaker"])}
