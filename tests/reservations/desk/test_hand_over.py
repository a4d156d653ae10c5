"""Hand-over between live processes: one line for each drop, and what is asked and answered travels whole."""

import asyncio
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import orjson
import pytest

from dropshop.core.errors import Busy, Invalid
from reservations.desk.answers import Reply
from reservations.desk.hand_over import pack_refusal, pack_ticket, unpack_refusal, unpack_ticket
from reservations.desk.handed_reserve import HandedReserve
from reservations.desk.requests import DeskRequest
from reservations.desk.reserve_door import Asked
from reservations.holds.errors import AllHeld, SoldOut
from reservations.idempotency.keys import RequestKey
from reservations.passes.tokens import PassClaims
from tests.reservations.desk.live_process import DROPS, Process, acquainted, play

pytestmark = pytest.mark.django_db  # the desk's threads close their connections


def test_each_drop_is_decided_in_one_process_whoever_is_asked(tmp_path):
    async def scene(first, second):
        asked = [process.ask(drop, str(drop)) for drop in DROPS for process in (first, second)]
        assert await asyncio.gather(*asked) == [f"answer to {drop}" for drop in DROPS for _ in range(2)]
        assert first.decided + second.decided == dict.fromkeys(DROPS, 2)
        assert not set(first.decided) & set(second.decided)
        assert min(len(first.decided), len(second.decided)) > 10  # by their names, which are always the same here

    play(tmp_path, scene)


def test_control_without_handing_over_every_drop_is_decided_in_both(tmp_path):
    async def scene(first, second):
        first.batcher.ask_elsewhere = second.batcher.ask_elsewhere = None
        await asyncio.gather(*(process.ask(drop, "") for drop in DROPS for process in (first, second)))
        assert set(first.decided) == set(second.decided) == set(DROPS)

    play(tmp_path, scene)


def test_only_the_drops_of_who_comes_change_hands(tmp_path):
    async def scene(first, second):
        before = [first.owns(drop) for drop in DROPS]
        third = Process(tmp_path, "c")
        await third.hand_over.start()
        await acquainted(first, second, third)
        after = [(first.owns(drop), second.owns(drop), third.owns(drop)) for drop in DROPS]
        assert all(sum(owners) == 1 for owners in after)
        kept = [place for place, (_, _, new) in enumerate(after) if not new]
        assert [after[place][0] for place in kept] == [before[place] for place in kept]
        assert 0 < len(kept) < len(DROPS)
        await third.stop()
        await acquainted(first, second)
        assert [first.owns(drop) for drop in DROPS] == before

    play(tmp_path, scene)


def test_a_refusal_comes_back_as_it_was(tmp_path):
    async def scene(*processes):
        for process in processes:
            with pytest.raises(AllHeld) as caught:
                await process.ask(DROPS[0], "all")
            assert caught.value.facts == {"size": "9", "retry_at": "soon"}

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "refusal",
    [SoldOut(size="9"), Busy(retry_after=2.5), Invalid("So not.", errors={"size": ["Choose a size."]}), Busy("Not now.")],
    ids=["facts", "retry after", "errors", "words"],
)
def test_refusals_travel_whole(refusal):
    again = unpack_refusal(pack_refusal(refusal))
    assert type(again) is type(refusal)
    assert vars(again) == vars(refusal)
    assert again.args == refusal.args


TICKET = PassClaims(uuid.uuid4(), DROPS[0], "f" * 32, datetime(2030, 1, 1, tzinfo=UTC), b"12345678")
LIMITS = (("RateLimit", '"member";r=9;t=1'),)


def asked_by(member_id, **more):
    facts = {"scope": {}, "subject": "a-drop", "pass_text": None, "is_json": True, "address": "198.51.100.7", "device": "d1"}
    told = {"request_id": "r", "is_secure": True, "origin": None, "is_by_cookie": True, "limits": LIMITS}
    return Asked(member_id, "9", DeskRequest(**facts, **told), **more)


@pytest.mark.parametrize(
    "asked",
    [
        asked_by(TICKET.member_id, ticket=TICKET, slug="a-drop"),
        asked_by(TICKET.member_id, key=RequestKey(TICKET.member_id, "k", "f" * 64)),
    ],
    ids=["a pass and a slug", "a sign-in and a key"],
)
@pytest.mark.parametrize(
    "answer",
    [Reply(201, {"reservation": {"id": "7"}}, "there"), Reply(200, {}, "there", is_replayed=True), None],
    ids=["a hold", "told before", "the view's"],
)
def test_what_a_reserve_asks_and_is_told_travels_whole(asked, answer):
    form = HandedReserve(SimpleNamespace())
    there = form.unpack(orjson.loads(orjson.dumps(form.pack(asked))), "a process")
    assert there[:2] + there[3:-1] == asked[:2] + asked[3:-1]
    assert (there.asker, there.request.member) == ("a process", str(asked.member_id))
    assert (there.request.address, there.request.device) == (asked.request.address, asked.request.device)
    there.request.limits = LIMITS
    asked.request.limits = ()
    assert form.unpack_answer(asked, orjson.loads(orjson.dumps(form.pack_answer(there, answer)))) == answer
    assert asked.request.limits == LIMITS


def test_what_a_pass_says_travels_whole():
    ends = datetime(2030, 1, 1, 12, tzinfo=UTC)
    ticket = PassClaims(uuid.uuid4(), uuid.uuid4(), "the key of a session", ends, bytes(range(8)))
    assert unpack_ticket(orjson.loads(orjson.dumps(pack_ticket(ticket)))) == ticket
