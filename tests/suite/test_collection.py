"""Every process that collects the suite finds the same tests under the same plain names."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dropshop.machine.commands import BASE_DIR
from tests.harness.fixtures import NAME_LENGTH, is_plain, pytest_make_parametrize_id, refuse_odd_names

SKEWED = Path(__file__).parents[1] / "harness" / "skewed"


def collecting(*, hash_seed, clock_skew, marks=""):
    """A process that collects the suite as a worker does, with servers that are there already; `marks` as after -m."""
    env = os.environ | {
        "PYTEST_XDIST_WORKER": "gw0",
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": str(SKEWED),
        "CLOCK_SKEW": clock_skew,
    }
    env.pop("DJANGO_SETTINGS_MODULE")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", marks]
    command += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # the skewed clock is there before pytest
    return subprocess.Popen(command, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def collected(worker):
    """The tests' names in their order."""
    said = worker.communicate()[0]
    assert worker.returncode == 0, said[-3000:]
    return [line for line in said.splitlines() if "::" in line]


def test_two_workers_collect_the_same_tests_whatever_the_time_and_the_order_of_sets(request):
    marks = request.config.option.markexpr
    other = collecting(hash_seed="2", clock_skew="86401.5", marks=marks)
    here = [item.nodeid for item in request.session.items]
    if len(here) < 2500:  # a part of the suite is run
        here = collected(collecting(hash_seed="1", clock_skew="0", marks=marks))
    there = collected(other)
    assert here == there
    names = [nodeid.partition("::")[2] for nodeid in there]
    assert len(names) > 2500
    assert [name for name in names if not name.isascii() or not name.isprintable() or len(name) > 240] == []


def test_bytes_and_odd_texts_are_called_by_their_parameter():
    odd = [b"word", "two\nlines", "é", "x" * (NAME_LENGTH + 1), re.compile("a\nb"), re.compile(b"word")]
    assert [pytest_make_parametrize_id(value, "body") for value in odd] == ["body"] * 6
    assert [pytest_make_parametrize_id(value, "body") for value in ("a word", 7, None, {}, re.compile("a.b"))] == [None] * 5
    assert is_plain("a word")
    assert re.fullmatch(r"[ -~]{0,60}", "a word")


ODD_NAMES = ["x" * 241, "caf\u00e9", "two\nlines", "<Drop object at 0x7f>"]


@pytest.mark.parametrize("name", ODD_NAMES, ids=["long", "accent", "lines", "object"])
def test_a_test_whose_name_is_not_plain_is_refused_whoever_gave_the_name(name):
    plain, odd = (
        SimpleNamespace(name=each, nodeid=f"test_a.py::{each}") for each in ("test_a[a word, b-c]", f"test_a[{name}]")
    )
    refuse_odd_names([plain])
    with pytest.raises(pytest.UsageError, match="Give `ids` to the parameters") as refused:
        refuse_odd_names([plain, odd])
    assert str(refused.value).count("::") == 1
