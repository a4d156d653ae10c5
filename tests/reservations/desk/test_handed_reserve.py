"""A reserve on its way to the process that has its drop's line: nothing of it is lost, nor of its answer."""

import asyncio
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import orjson
import pytest
from django.db import connection, connections

from dropshop.core.clock import database_time
from reservations.desk.answers import Reply
from reservations.desk.group_commit import GroupCommit
from reservations.desk.handed_reserve import HandedReserve
from reservations.desk.requests import DeskRequest
from reservations.desk.reserve_door import Asked, ReserveDoor
from reservations.desk.sold_out_memory import SoldOutMemory
from reservations.holds.errors import AllHeld, SoldOut
from reservations.idempotency.keys import RequestKey
from reservations.passes.tokens import PassClaims
from tests.harness.patience import until
from tests.make import make_drop, make_members, make_purchase

ENDS = datetime(2030, 1, 1, 12, tzinfo=UTC)
LIMITS = (("RateLimit-Policy", '"member";q=10;w=10'), ("RateLimit", '"member";r=9;t=1'))


def asked_by(member_id, drop_id, *, size="9", slug="", key=None, has_pass=True, ends=ENDS):
    request = SimpleNamespace(address="192.0.2.7", device="d" * 20, member=str(member_id), limits=())
    ticket = PassClaims(member_id, drop_id, "f" * 32, ends, bytes(range(8))) if has_pass else None
    return Asked(member_id, size, request, ticket, slug, RequestKey(member_id, key, "what was asked") if key else None)


def sent(value):
    """As the other end reads it."""
    return orjson.loads(orjson.dumps(value))


WAYS = {
    "with a size": {},
    "of the only size": {"size": None},
    "by slug": {"slug": "dunk"},
    "by session": {"has_pass": False},
    "with a key": {"key": "a key"},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_batch_reads_the_same_of_a_request_of_another_process(way):
    codec, asked, asker = HandedReserve(door=None), asked_by(uuid.uuid4(), uuid.uuid4(), **WAYS[way]), object()
    there = codec.unpack(sent(codec.pack(asked)), asker)
    assert there._replace(request=None, asker=None) == asked._replace(request=None)
    assert there.asker is asker
    for name in ("member", "address", "device"):
        assert getattr(there.request, name) == getattr(asked.request, name)


def test_the_answer_comes_with_how_the_limits_stand():
    codec = HandedReserve(door=None)
    here, there = (asked_by(uuid.UUID(int=1), uuid.UUID(int=2)) for _ in range(2))
    there.request.limits = LIMITS
    reply = Reply(201, {"reservation": {"id": "1"}, "server_time": "2030-01-01T12:00:00Z"}, "/reservations/{id}")
    for answer in (reply, reply._replace(is_replayed=True), None):
        here.request.limits = ()
        assert codec.unpack_answer(here, sent(codec.pack_answer(there, answer))) == answer
        assert here.request.limits == LIMITS
    refusal = codec.unpack_answer(here, sent(codec.pack_answer(there, AllHeld(size="9", retry_at=ENDS))))
    assert (type(refusal), refusal.facts) == (AllHeld, {"size": "9", "retry_at": "2030-01-01T12:00:00Z"})


@pytest.mark.parametrize(("said", "travels"), [("d" * 64, "d" * 64), ("d" * 65, ""), ("x" * 60_000, ""), ("a-b", "")])
def test_of_a_device_its_name_travels_and_not_whatever_its_cookie_says(said, travels):
    """A frame has an end: what is too long for one would end the connection, with the wishes of everybody else in it."""
    asked = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http"}
    request = DeskRequest(
        scope=asked | {"headers": [(b"cookie", f"sessionid={'a' * 32}; device={said}".encode())]},
        subject="dunk",
        pass_text=None,
        is_json=True,
        address="192.0.2.7",
        device="",
        request_id="",
        is_secure=True,
        origin=None,
        is_by_cookie=True,
    )
    request.shown_sign_in()
    packed = HandedReserve(door=None).pack(Asked(uuid.uuid4(), "9", request))
    assert packed[-1] == travels


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_sold", [True, False], ids=["sold", "a pair is left after all"])
def test_who_hears_that_a_drop_is_sold_out_learns_it_from_the_database(is_sold):
    """Not from the word of another: where a pair is left, nothing is remembered."""
    buyer, late, later = make_members(3)
    drop = make_drop({"9": 1 if is_sold else 2})
    make_purchase(buyer, drop)
    ends = database_time().replace(year=2100)

    async def scene():
        desk = GroupCommit(threads=1)
        door = ReserveDoor(desk, hears=lambda: True)
        door.sold_out = SoldOutMemory(hears=lambda: True, clock=lambda: 100.0)  # whose clock stands
        codec, asked = HandedReserve(door), asked_by(late.pk, drop.pk, ends=ends)
        answer = sent(codec.pack_answer(asked, SoldOut(size="9")))
        assert isinstance(codec.unpack_answer(asked, answer), SoldOut)
        assert door._learning == {drop.pk}
        codec.unpack_answer(asked, answer)  # learned once, however many hear it
        await until(lambda: not door._learning)
        remembered = door.sold_out.answer(asked_by(later.pk, drop.pk, ends=ends).ticket, "9")
        assert isinstance(remembered, SoldOut) if is_sold else remembered is None
        await desk.run(connections.close_all)
        desk.stop()

    asyncio.run(scene())
    connection.close()
