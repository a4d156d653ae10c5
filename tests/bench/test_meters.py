"""CPU time is counted once, whoever has used it."""

import os
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("ends", [FileNotFoundError, ProcessLookupError], ids=["before its file opens", "before it is read"])
def test_who_ends_while_we_look_is_left_out(monkeypatch: pytest.MonkeyPatch, ends: type[OSError]) -> None:
    gone = 4_194_305  # more than any process id
    look = meters.cpu_seconds

    def cpu_seconds(pid: int) -> float:
        if pid == gone:
            raise ends
        return look(pid)

    monkeypatch.setattr(meters, "family", lambda pid: [gone, pid])
    monkeypatch.setattr(meters, "cpu_seconds", cpu_seconds)
    assert [*meters.cpu_of_family(os.getpid())] == [os.getpid()]
