"""`make soak` itself, for some seconds: refunds, withdrawals and e-mails while processes are killed and frozen."""

import subprocess
import sys

from dropshop.machine.commands import BASE_DIR
from tests.harness.patience import PATIENCE
from tests.harness.thorough import SLOW_AND_RARE


@SLOW_AND_RARE
def test_the_soak_runs_by_its_command_and_finds_nothing_wrong(chance):
    """Its own servers, its own crowd: it says so in the end, with the seed that draws the same again."""
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.3", "--seed", str(chance.randrange(10**9))]
    done = subprocess.run(command, check=False, cwd=BASE_DIR, capture_output=True, text=True, timeout=10 * PATIENCE)
    report = done.stdout + done.stderr
    assert (done.returncode, "nothing wrong" in report) == (0, True), report[-8000:]
    assert "withdrawn from" in report
    assert "staff" in report
