"""The regression guard: nothing has become much more expensive than it was, measured beside yardsticks in the same minute."""

import subprocess
import sys

from bench.guard import CONTROL, FLOORS, complaints
from dropshop.machine.commands import BASE_DIR
from tests.harness.patience import PATIENCE
from tests.harness.thorough import SLOW_AND_RARE

CHEAP = {"bare-asgi": 20, "plain-view": 8000, "holds-64": 300, "reserve-and-buy-64": 500, "sold-out-256": 90, CONTROL: 2000}


@SLOW_AND_RARE
def test_no_answer_has_become_much_more_expensive_and_a_desk_that_takes_one_at_a_time_would_be_noticed() -> None:
    """In a process of its own, which brings its own servers; a control trips in the same run (see bench/guard.py)."""
    guard = [sys.executable, "-m", "bench.guard"]
    done = subprocess.run(guard, check=False, capture_output=True, text=True, cwd=BASE_DIR, timeout=10 * PATIENCE)
    print(done.stdout, done.stderr, sep="\n")
    assert done.returncode == 0


def test_what_is_cheap_enough_is_not_complained_of() -> None:
    assert complaints(CHEAP) == []


def test_each_scenario_that_has_become_expensive_is_named() -> None:
    for scenario, yardstick in FLOORS:
        (said,) = complaints(CHEAP | {scenario: CHEAP[scenario] * 10})
        assert said.startswith(f"{scenario} is ")
        assert yardstick in said


def test_a_guard_that_would_notice_nothing_says_so() -> None:
    (said,) = complaints(CHEAP | {CONTROL: CHEAP["holds-64"]})
    assert "would notice nothing" in said
