"""What somebody must have done to enter a drop, and what they still lack."""

from collections.abc import Callable, Collection, Mapping
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


# What drops require beyond a verified address: each says of these members what those lack who lack it in this drop, by their
# ids, with one query at most, and none where the drop does not require it. Filled at start-up by the apps above, which we may
# not import.
Demand = Callable[[Collection[Any], Drop], Mapping[UUID, MissingRequirement]]
registry: Registry[Demand] = Registry("reservations.passes.requirements")


def missing_requirements(member: Member, drop: Drop) -> list[MissingRequirement]:
    """What this member still lacks to reserve in this drop; empty for those who may."""
    found = [demand([member], drop) for demand in (_verified_email, *registry)]
    return [lacks[member.pk] for lacks in found if member.pk in lacks]


def lacking(members: Collection[Member], drop: Drop) -> set[UUID]:
    """The ids of those of these members who lack something to reserve in this drop, whatever it is."""
    return {pk for demand in (_verified_email, *registry) for pk in demand(members, drop)}


def require(member: Member, drop: Drop, *, reserving: bool = False, but: str = "") -> None:
    """Raises Forbidden with what is `missing_requirements`, by name, and its facts; `but` the one of this name.

    `reserving`: for the endpoints that reserve without a pass; a member who already has a hold gets it again, whatever they
    lack (H3).
    """
    lacks = [lack for lack in missing_requirements(member, drop) if lack.name != but]
    if lacks and not (reserving and member.reservations.standing().filter(drop=drop).exists()):
        facts = {name: fact for lack in lacks for name, fact in lack.facts.items()}
        raise Forbidden(lacks[0].words, missing=[lack.name for lack in lacks], **facts)


def _verified_email(members: Collection[Member], drop: Drop) -> dict[UUID, MissingRequirement]:
    if not settings.REQUIRE_VERIFIED_EMAIL:
        return {}
    ids = [member.pk for member in members]
    confirmed = EmailAddress.objects.filter(user__among=ids, verified=True).values_list("user", flat=True)
    lack = MissingRequirement("verified_email", "Confirm your e-mail address before you reserve.", "/accounts/email/", {})
    return dict.fromkeys(set(ids).difference(confirmed), lack)
