"""CPU time is counted once, whoever has used it."""

import subprocess
import sys

from bench import meters

# Uses half a second, says so, and ends when it is told to.
BUSY = "import time\nwhile time.process_time() < 0.5: pass\nprint('busy', flush=True)\ninput()"
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])\nprint('ended', flush=True)\ninput()"


def test_a_child_counts_once_while_it_lives_and_when_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=-1, stdout=-1, text=True, bufsize=1) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "busy\n"
        living, with_ended = meters.cpu_of_all(parent.pid), meters.cpu_with_ended(parent.pid)
        assert living >= 0.49  # in steps of 0.01
        assert with_ended - living < 0.4  # not twice
        parent.stdin.write("\n")
        assert parent.stdout.readline() == "ended\n"
        assert living - meters.cpu_of_all(parent.pid) > 0.4  # the control: it is not counted any more
        assert meters.cpu_with_ended(parent.pid) >= 0.49
        parent.stdin.write("\n")
