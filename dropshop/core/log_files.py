"""The log files of programs that run for months: bounded, and without a line that is lost or torn.

The supervisor alone moves a log aside. Its writer goes on in the file that was moved until it opens the new one by itself:
Valkey for each line, PostgreSQL's collector after any line beyond its limit, our own processes by a thread (`follow`). Until
the new file is there nothing is moved again, so no file is removed that somebody still writes.

Imports no Django: the supervisor uses this before there are settings.
"""

import os
import threading
from pathlib import Path

MAX_LOG_BYTES = 5_000_000  # bytes of a log that is written on; one that is longer is moved aside
FILES_KEPT = 3  # of those moved aside: web.log.1 is the newest
VARIABLE = "DROPSHOP_LOG"  # tells one of our processes which file its output goes to
CHECK_EVERY = 0.5  # seconds between two looks of a process at its log
_OUTPUTS = (1, 2)


def move_aside_if_full(log: Path, limit: int = MAX_LOG_BYTES) -> bool:
    """Whether the log was longer than `limit` bytes and is now called `<log>.1`, the older ones one number more."""
    if size_of(log) <= limit:
        return False
    for number in range(FILES_KEPT, 1, -1):
        if _old(log, number - 1).exists():
            _old(log, number - 1).replace(_old(log, number))
    log.replace(_old(log, 1))
    return True


def size_of(log: Path) -> int:
    """Its bytes; 0 where there is none."""
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def _old(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def follow(log: Path) -> None:
    """From now on this process writes to the file of that name, also after somebody has moved it.

    Of its outputs those that go there now; nothing happens where none does, as in a command on somebody's terminal.
    """
    outputs = [output for output in _OUTPUTS if _goes_to(output, log)]
    if outputs:
        threading.Thread(target=_keep_following, args=(log, outputs), name="log file", daemon=True).start()


def _keep_following(log: Path, outputs: list[int]) -> None:
    pause = threading.Event()
    while not pause.wait(CHECK_EVERY):
        if not _goes_to(outputs[0], log):
            _open_anew(log, outputs)


def _goes_to(output: int, log: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(output), log.stat())
    except OSError:  # no such file, or no such output
        return False


def _open_anew(log: Path, outputs: list[int]) -> None:
    """Whole lines go to one file or the other: the kernel changes the outputs between two writes."""
    try:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError:
        return  # a full disk, say: what there is to write goes to the file that was moved, and the next look tries again
    for output in outputs:
        os.dup2(file, output)
    os.close(file)
