"""How a reserve travels to the process that has its drop's line, and how the answer comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dropshop.core.errors import DropshopError
from reservations.desk.answers import Reply
from reservations.desk.hand_over import pack_refusal, unpack_refusal
from reservations.desk.neighbours import Asker
from reservations.desk.requests import DeskRequest
from reservations.desk.reserve_door import Asked, ReserveDoor
from reservations.holds.errors import SoldOut
from reservations.idempotency.keys import RequestKey
from reservations.passes.tokens import PassClaims


class HandedReserve:
    """The `Codec` of what the door for reserves asks."""

    def __init__(self, door: ReserveDoor) -> None:
        self._door = door

    def pack(self, asked: Asked) -> list[Any]:
        """What a batch reads of a request; the request itself stays in the process that has its client."""
        request = asked.request
        ticket = asked.ticket and pack_ticket(asked.ticket)
        key = asked.key and [asked.key.key, asked.key.fingerprint]
        return [asked.member_id.hex, ticket, asked.size, asked.slug, key, request.address, request.device]

    def unpack(self, packed: list[Any], asker: Asker) -> Asked:
        """The same, of a request that is answered elsewhere."""
        member, ticket, size, slug, key, address, device = packed
        member_id = UUID(hex=member)
        request = DeskRequest(
            scope={},
            subject=slug,
            pass_text=None,
            is_json=True,
            address=address,
            device=device,
            request_id="",
            is_secure=True,
            origin=None,
            is_by_cookie=False,
            member=str(member_id),
        )
        claims = ticket and unpack_ticket(ticket)
        return Asked(member_id, size, request, claims, slug, RequestKey(member_id, *key) if key else None, asker)

    def pack_answer(self, asked: Asked, answer: Reply | DropshopError | None) -> list[Any]:
        """How the limits stand, and the answer."""
        if isinstance(answer, DropshopError):
            return [asked.request.limits, pack_refusal(answer)]
        return [asked.request.limits, None, *(answer or ())]

    def unpack_answer(self, asked: Asked, packed: list[Any]) -> Reply | DropshopError | None:
        """A process that hears that a drop is sold out learns it, too, and need not hand over such requests any more."""
        limits, refused, *reply = packed
        asked.request.limits = tuple((name, value) for name, value in limits)
        if refused is None:
            return Reply(*reply) if reply else None
        refusal = unpack_refusal(refused)
        if isinstance(refusal, SoldOut) and asked.ticket is not None:
            self._door.learn_soon(asked.ticket.drop_id)
        return refusal


def pack_ticket(ticket: PassClaims) -> list[Any]:
    """What a pass says, as it travels."""
    member, drop, family, expires_at, mark = ticket
    return [member.hex, drop.hex, family, int(expires_at.timestamp()), mark.hex()]


def unpack_ticket(packed: list[Any]) -> PassClaims:
    """The same as it was opened."""
    member, drop, family, expires, mark = packed
    return PassClaims(UUID(hex=member), UUID(hex=drop), family, datetime.fromtimestamp(expires, UTC), bytes.fromhex(mark))
