"""How a reserve travels to the process that has its drop's line, and how the answer comes back."""

from __future__ import annotations

from typing import Any

from dropshop.core.errors import DropshopError
from reservations.desk.hand_over import pack_refusal, pack_ticket, unpack_refusal, unpack_ticket
from reservations.desk.neighbours import Asker
from reservations.desk.requests import PassRequest, Reply
from reservations.desk.reserve_door import Asked, ReserveDoor
from reservations.holds.errors import SoldOut


class HandedReserve:
    """The `Form` of what the door for reserves asks."""

    def __init__(self, door: ReserveDoor) -> None:
        self._door = door

    def pack(self, asked: Asked) -> list[Any]:
        """What a batch reads of a request; the request itself stays where its client is."""
        request = asked.request
        return [pack_ticket(asked.ticket), asked.size, asked.slug, request.address, request.device]

    def unpack(self, packed: list[Any], asker: Asker) -> Asked:
        """The same, of a request that is answered elsewhere."""
        ticket, size, slug, address, device = packed
        claims = unpack_ticket(ticket)
        request = PassRequest(
            scope={},
            subject=slug,
            pass_text=b"",
            is_json=True,
            address=address,
            device=device,
            request_id="",
            is_secure=True,
            origin=None,
            member=str(claims.member_id),
        )
        return Asked(claims, size, request, slug, asker)

    def pack_answer(self, asked: Asked, answer: Reply | DropshopError) -> list[Any]:
        """With how the limits stand."""
        if isinstance(answer, DropshopError):
            return [asked.request.limits, pack_refusal(answer)]
        return [asked.request.limits, None, *answer]

    def unpack_answer(self, asked: Asked, packed: list[Any]) -> Reply | DropshopError:
        """Whoever hears that a drop is sold out learns it, too, and need not ask for it again."""
        limits, refused, *reply = packed
        asked.request.limits = tuple((name, value) for name, value in limits)
        if refused is None:
            return Reply(*reply)
        refusal = unpack_refusal(refused)
        if isinstance(refusal, SoldOut):
            self._door.learn_soon(asked.ticket.drop_id)
        return refusal
