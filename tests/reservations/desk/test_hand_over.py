"""Hand-over between live processes: one line for each drop, and refusals that travel whole."""

import asyncio

import pytest

from dropshop.core.errors import Busy, Invalid
from reservations.desk.hand_over import pack_refusal, unpack_refusal
from reservations.holds.errors import AllHeld, SoldOut
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


def test_a_refusal_that_only_the_other_process_knows_is_told_as_busy() -> None:
    _, *said = pack_refusal(Busy("Wait.", retry_after=3))
    assert type(unpack_refusal(["reservations.of_tomorrow.NeverHeardOf", *said])) is Busy
