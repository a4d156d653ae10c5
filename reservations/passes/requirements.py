"""What somebody must have done to enter a drop, and what they still lack."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings

from drops.models import Drop
from dropshop.core.errors import Forbidden
from dropshop.core.hooks import Registry
from dropshop.core.members import Member


class MissingRequirement(NamedTuple):
    """Something that a member still needs: its name for programs with the facts beside it; for people a sentence, and where
    to go for it."""

    name: str
    words: str
    url: str
    facts: dict[str, Any]


# What drops require beyond a verified address: each says what this member lacks in this drop, or None, and makes no query
# where the drop does not require it. Filled at start-up by the apps above, which we may not import.
registry: Registry[Callable[[Any, Drop], MissingRequirement | None]] = Registry("reservations.passes.requirements")


def missing_requirements(member: Member, drop: Drop) -> list[MissingRequirement]:
    """What this member still lacks to reserve in this drop; empty for those who may."""
    found = [demand(member, drop) for demand in (_verified_email, *registry)]
    return [lack for lack in found if lack is not None]


def lacking(members: Collection[Member], drop: Drop) -> set[UUID]:
    """The ids of those of these members who lack something to reserve in this drop, whatever it is."""
    confirmed = _confirmed([member.pk for member in members])
    return {
        member.pk
        for member in members
        if member.pk not in confirmed or any(demand(member, drop) is not None for demand in registry)
    }


def require(member: Member, drop: Drop, *, reserving: bool = False) -> None:
    """Raises Forbidden with what is `missing_requirements`, by name, and its facts.

    `reserving`: for the endpoints that reserve without a pass; a member who already has a hold gets it again, whatever they
    lack (H3).
    """
    lacks = missing_requirements(member, drop)
    if lacks and not (reserving and member.reservations.standing().filter(drop=drop).exists()):
        facts = {name: fact for lack in lacks for name, fact in lack.facts.items()}
        raise Forbidden(lacks[0].words, missing=[lack.name for lack in lacks], **facts)


def _verified_email(member: Member, drop: Drop) -> MissingRequirement | None:
    if _confirmed([member.pk]):
        return None
    return MissingRequirement("verified_email", "Confirm your e-mail address before you reserve.", "/accounts/email/", {})


def _confirmed(ids: Collection[UUID]) -> Collection[UUID]:
    """Those of these members who have confirmed an e-mail address; all, where the shop does not ask for it."""
    if not settings.REQUIRE_VERIFIED_EMAIL:
        return ids
    return set(EmailAddress.objects.filter(user__among=ids, verified=True).values_list("user", flat=True))
