"""The share of a process's time that telling screens may take, under a clock that the test turns."""

import asyncio
import time

import pytest

from dropshop.core.live.cpu_budget import BURST_SECONDS, CPU_SHARE, MAX_DELAY, CpuBudget


class Clocks:
    """The wall clock, the CPU time of the thread, and that of the process, which is `load` busy with other things."""

    def __init__(self) -> None:
        self.now, self.used, self.load = 100.0, 7.0, 0.6

    def used_by_all(self) -> float:
        return self.used + self.load * self.now

    def work(self, seconds: float, *, wall: float | None = None) -> None:
        self.used += seconds
        self.now += seconds if wall is None else wall


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def pace(clocks) -> CpuBudget:
    return CpuBudget(clock=lambda: clocks.now, used=lambda: clocks.used, used_by_all=clocks.used_by_all)


def share_of_a_minute(pace: CpuBudget, clocks: Clocks, costs: list[float]) -> float:
    """Rooms that cost so much each are always due; what a minute spends on them. They take turns, the first due first."""
    begun, spent, due = clocks.now, 0.0, [clocks.now] * len(costs)
    while clocks.now < begun + 60:
        room = min(range(len(costs)), key=lambda room: due[room])
        clocks.now = max(clocks.now, due[room])
        clocks.now += max(0.0, pace.delay(clocks.now))
        due[room] = clocks.now + 0.1
        with pace.spending():
            clocks.work(costs[room])
        spent += costs[room]
    return spent / 60


def test_few_screens_or_rare_changes_wait_for_nothing(pace, clocks):
    for _ in range(100):
        assert pace.delay(clocks.now) <= 0
        with pace.spending():
            clocks.work(0.01)  # a thousand screens
        clocks.now += 0.1


def test_after_a_quiet_time_the_largest_crowd_is_told_at_once(pace, clocks):
    with pace.spending():
        clocks.work(0.2)
    assert pace.delay(clocks.now) > 0

    clocks.now += BURST_SECONDS + MAX_DELAY

    assert pace.delay(clocks.now) <= 0


@pytest.mark.parametrize("costs", [[0.05], [0.1], [0.05, 0.002, 0.002], [0.001] * 300], ids=["one", "slow", "three", "many"])
def test_however_many_rooms_change_all_the_time_screens_take_no_more_than_their_share(pace, clocks, costs):
    assert share_of_a_minute(pace, clocks, costs[:]) == pytest.approx(CPU_SHARE, rel=0.1)


def test_a_process_with_nothing_else_to_do_tells_ten_thousand_screens_as_often_as_they_change(pace, clocks):
    clocks.load = 0.05
    for _ in range(20):
        clocks.now += 0.1
        assert pace.delay(clocks.now) <= 0
        with pace.spending():
            clocks.work(0.1)

    clocks.now += 0.1
    assert pace.delay(clocks.now) <= 0
    clocks.load = 0.6  # the bell rings
    with pace.spending():
        clocks.work(0.1)
    clocks.now += 0.1
    assert pace.delay(clocks.now) > 0


def test_a_share_that_is_not_needed_is_not_waited_for(pace, clocks):
    assert share_of_a_minute(pace, clocks, [0.001] * 5) == pytest.approx(5 * 0.001 / 0.1, rel=0.1)


def test_what_the_loop_does_in_between_does_not_count(pace, clocks):
    for _ in range(10):
        with pace.spending():
            clocks.work(0.001, wall=0.3)  # another thread had the processor

    assert pace.delay(clocks.now) <= 0


def test_no_flush_is_put_off_longer_than_a_second_and_debts_are_forgotten(pace, clocks):
    with pace.spending():
        clocks.work(30)
    since = clocks.now

    assert pace.delay(since) == pytest.approx(MAX_DELAY)
    clocks.now += MAX_DELAY
    assert pace.delay(since) == pytest.approx(0)
    assert pace.delay(clocks.now) == pytest.approx(0)


async def test_who_has_asked_first_goes_first():
    pace, order = CpuBudget(used_by_all=time.monotonic), []  # always busy
    pace._earned_back += BURST_SECONDS + 0.05

    async def flush(room: int) -> None:
        await pace.turn()
        order.append(room)

    await asyncio.gather(*map(flush, range(5)))

    assert order == [0, 1, 2, 3, 4]
