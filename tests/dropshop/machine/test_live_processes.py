"""`make run` with several live processes: one that is killed is replaced, and none outlives the one that keeps them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE

from .running import Run, end_all

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Run(tmp_path_factory.mktemp("several") / "state", DROPSHOP_LIVE_PROCESSES="2")
    try:
        shop.opened()
        yield shop
    finally:
        end_all([shop])


def keeper(shop):
    """The process that keeps the live ones."""
    (found,) = [pid for pid in shop.processes() if b"dropshop.edge.uvicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return found


def live(shop):
    """The live processes that have met each other."""
    with suppress(FileNotFoundError):
        (folder,) = (shop.state / "desk").iterdir()
        return sorted(int(name.partition("-")[0]) for name in os.listdir(folder) if not name.endswith(".new"))
    return []


def answers(shop):
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{shop.port}/", timeout=PATIENCE).status_code == 200
    return False


def test_one_that_is_killed_is_replaced_while_the_shop_goes_on(shop):
    assert wait_until(lambda: len(live(shop)) == 2, PATIENCE)
    before, kept_by = live(shop), keeper(shop)
    os.kill(before[0], signal.SIGKILL)
    assert answers(shop)
    assert wait_until(lambda: len(live(shop)) == 2 and before[0] not in live(shop), PATIENCE)
    assert (before[1] in live(shop), keeper(shop)) == (True, kept_by)
    assert {name.stat().st_mode & 0o777 for name in (shop.state / "desk").iterdir()} == {0o700}


def test_none_outlives_the_one_that_keeps_them_and_the_next_has_the_port(shop):
    before = [*live(shop), keeper(shop)]
    os.kill(before[-1], signal.SIGKILL)
    assert "web ended by itself (exit code -9) and starts again in" in shop.process.stderr.readline()
    assert wait_until(lambda: not set(before) & set(shop.processes()), PATIENCE)
    assert wait_until(lambda: answers(shop) and len(live(shop)) == 2 and not set(before) & set(live(shop)), PATIENCE)


def test_a_number_that_is_none_is_refused_before_anything_is_touched(tmp_path):
    run = Run(tmp_path / "state", DROPSHOP_LIVE_PROCESSES="many")
    try:
        assert "DROPSHOP_LIVE_PROCESSES is 'many', but must be a whole number from 1 to 64, such as 1." in run.refused(78)
    finally:
        run.process.kill()
        run.process.wait()
    assert not (tmp_path / "state").exists()
