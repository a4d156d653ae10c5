"""CPU time is counted once, whoever has used it."""

import os
import subprocess
import sys

from bench import meters

BUSY = "import time\nwhile time.process_time() < 0.2: pass"


def test_a_child_that_has_ended_counts_with_its_parent() -> None:
    me = os.getpid()
    alone, together = meters.cpu_of_all(me), meters.cpu_with_ended(me)
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    alone, together = meters.cpu_of_all(me) - alone, meters.cpu_with_ended(me) - together
    assert together - alone >= 0.19  # in steps of 0.01


def test_a_child_that_lives_is_counted_once() -> None:
    me = os.getpid()
    before = meters.cpu_with_ended(me)
    child = subprocess.Popen([sys.executable, "-c", f"{BUSY}\nprint(flush=True)\ninput()"], stdin=-1, stdout=-1)
    assert child.stdout is not None
    child.stdout.readline()
    assert meters.cpu_with_ended(me) - before >= 0.19
    assert child.pid in meters.cpu_of_family(me)
    child.communicate(b"\n")
