"""No test judges a busy machine: what must come is waited for with one patience, and short times are only for provocations."""

import ast
import re
from pathlib import Path

import pytest

from tests.harness.patience import PATIENCE, little_work

TESTS = Path(__file__).parents[1]
# What waits for something that must come, and the place of its seconds; whatever else does names them `timeout`.
WAITS = {"wait_until": 1, "wait": 0, "join": 0, "result": 0, "communicate": 0, "timeout": 0, "wait_for": 1}
# Playwright's, in milliseconds.
BROWSER = re.compile(r"set_options|expect_\w+|(not_)?to_\w+|wait_for_\w+|goto|click|fill|tap")
EXEMPT = ("soak",)  # what runs outside the suite
SHORT = 1.0  # seconds; what waits for less provokes a race or looks again, and goes on whatever has come


def impatient(source):
    """Line numbers of waits with seconds of their own, and of times that are compared with a number."""
    for node in ast.walk(ast.parse(source)):
        if (isinstance(node, ast.Call) and _is_hasty(node)) or (isinstance(node, ast.Compare) and _is_measured(node)):
            yield node.lineno


def _is_hasty(call):
    seconds = _seconds(call)
    return seconds is not None and SHORT <= seconds < PATIENCE


def _is_measured(compare):
    left, right = ast.unparse(compare.left), compare.comparators[0]
    return "monotonic() -" in left and isinstance(right, ast.Constant)


def _seconds(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    named = ("timeout", "seconds") if name in WAITS else ("timeout",)
    given = [keyword.value for keyword in call.keywords if keyword.arg in named]
    given += call.args[WAITS[name] : WAITS[name] + 1] if name in WAITS else []
    seconds = (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, int | float))
    return next((each / 1000 if BROWSER.fullmatch(name) else each for each in seconds), None)


def test_what_must_come_is_waited_for_with_one_patience():
    files = [file for file in TESTS.rglob("*.py") if file.parent.name not in EXEMPT]
    found = {str(file.relative_to(TESTS)): list(impatient(file.read_text())) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "hasty",
    [
        "assert wait_until(lambda: done, 10)",
        "locked.wait(5)",
        "thread.join(timeout=2.5)",
        "asked.result(5)",
        "expect.set_options(timeout=15_000)",
        "page.expect_event('close', timeout=5000)",
        "httpx.get(address, timeout=30)",
        "assert time.monotonic() - begun < 2",
    ],
    ids=["until", "event", "join", "result", "browser", "event of a page", "answer", "compared"],
)
def test_a_hasty_wait_is_found(hasty):
    assert list(impatient(hasty)) == [1]


def test_short_provocations_and_patience_are_let_be():
    assert list(impatient("gone.wait(0.3); gone.wait(PATIENCE); 'a'.join(parts); asyncio.sleep(0)")) == []


def test_work_that_never_ends_is_told_from_waiting():
    with little_work(0.001):
        pass
    with pytest.raises(AssertionError, match=r"of computing"), little_work(0):
        sum(range(100_000))
