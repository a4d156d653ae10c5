"""A hold in the making: a few values in place of a model instance, of which a crowd would pay for one each."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from drops.models import Drop, Size
from dropshop.core import live
from dropshop.core.ids import time_ordered_id
from dropshop.core.transactions import after_commit
from reservations.holds.asked_sizes import AskedSize
from reservations.holds.facts import new_hold_facts, reservation_facts
from reservations.holds.models import Reservation
from reservations.holds.origins import NOWHERE, Origin
from reservations.idempotency.keys import RequestKey, StoredResponse


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """One member asks for one pair of one size."""

    member_id: UUID
    size: AskedSize
    origin: Origin = NOWHERE
    key: RequestKey | None = None  # under which the request may be sent again
    given_up: Callable[[], bool] | None = None  # whether whoever handed it over has been answered elsewhere, or will be


class HoldTerms:
    """What the new holds of one size in a batch have in common."""

    def __init__(self, drop: Drop, size: Size, created_at: datetime, expires_at: datetime) -> None:
        self.drop, self.size, self.created_at, self.expires_at = drop, size, created_at, expires_at

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Their `reservation` of the API, in which each puts its own id; made once, by whoever asks first behind the commit."""
        return new_hold_facts(self.drop, self.size, self.created_at, self.expires_at)

    def reservation(self, **own: Any) -> Reservation:
        """The model of a hold on these terms, as it is in the database."""
        hold = Reservation(
            drop=self.drop,
            size=self.size,
            price=self.drop.price,
            currency=self.drop.currency,
            created_at=self.created_at,
            expires_at=self.expires_at,
            **own,
        )
        hold._state.adding, hold._state.db = False, connection.alias
        return hold


@dataclass(slots=True)
class NewHold:
    """One of them."""

    terms: HoldTerms
    claim: HoldRequest
    id: UUID = field(default_factory=time_ordered_id)
    _reservation: Reservation | None = None

    @property
    def member_id(self) -> UUID:
        """Whose it is."""
        return self.claim.member_id

    @property
    def size_id(self) -> int:
        """Of which size."""
        return self.terms.size.pk

    @property
    def created_at(self) -> datetime:
        """When it was granted."""
        return self.terms.created_at

    @property
    def facts(self) -> dict[str, Any]:
        """As `reservation_facts` has them."""
        return {"id": str(self.id), **self.terms.facts}

    @property
    def reservation(self) -> Reservation:
        """Its model; one object, however often it is asked for."""
        if self._reservation is None:
            network, device = self.claim.origin
            own = {"id": self.id, "member_id": self.member_id, "network": network, "device": device}
            self._reservation = self.terms.reservation(**own)
        return self._reservation


@dataclass(frozen=True, slots=True)
class GrantedHold:
    """The member's hold; `created` is False where they had it already (H3)."""

    hold: Reservation | NewHold
    created: bool
    kept: StoredResponse | None = None  # the very answer, where it is kept under the key of its request

    def answer(self, server_time: str | None) -> StoredResponse:
        """What the API says of it: as it is kept, or at this moment."""
        if self.kept is not None:
            return self.kept
        return StoredResponse(201 if self.created else 200, {"reservation": self.facts, "server_time": server_time})

    @property
    def reservation(self) -> Reservation:
        """The hold's model."""
        return self.hold.reservation if isinstance(self.hold, NewHold) else self.hold

    @property
    def facts(self) -> dict[str, Any]:
        """The hold as `reservation_facts` has it, without a model where none is needed."""
        return self.hold.facts if isinstance(self.hold, NewHold) else reservation_facts(self.hold)


def publish_created(holds: Collection[NewHold]) -> None:
    """After the commit, each hold's owner, and nobody else, hears `reservation-created`; the facts are made after it, too."""
    if holds:
        after_commit(_publish_created, holds)


def _publish_created(holds: Collection[NewHold]) -> None:
    live.publish(*({"type": "reservation-created", "to": str(hold.member_id), "reservation": hold.facts} for hold in holds))
