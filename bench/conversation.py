"""How the benchmark speaks with its own processes: one JSON object per line over a pair of sockets.

Both ends live here. The generators import nothing heavy: they share two cores with what they measure.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dropshop.machine.processes import ChildProcess

BASE_DIR = Path(__file__).resolve().parent.parent


class Silent(Exception):
    """A process of ours did not say what it should have said in time, or has ended."""


class Line:
    """One end of a conversation."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._lines = end.makefile("rb")

    def tell(self, **message: Any) -> None:
        """Send one message."""
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        """The next message; EOFError when the other end has gone."""
        line = self._lines.readline()
        if not line:
            raise EOFError
        return json.loads(line)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self.socket.close()


def from_argument() -> Line:
    """The child's end, whose descriptor is the program's only argument."""
    return Line(socket.socket(fileno=int(sys.argv[1])))


class Partner:
    """A generator: `python -m <module>`, which lives until the conversation is closed."""

    def __init__(self, name: str, module: str, logs: Path, env: Mapping[str, str] | None = None) -> None:
        """`env`: what its environment has besides ours."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", module, str(theirs.fileno())]
        log, theirs_too = logs / f"{name}.log", (theirs.fileno(),)
        self.child = ChildProcess(name, command, log=log, env={**os.environ, **(env or {})}, cwd=BASE_DIR, pass_fds=theirs_too)
        self.child.start()
        theirs.close()
        self._line = Line(ours)

    def tell(self, **message: Any) -> None:
        """Say something; Silent when nobody is there."""
        try:
            self._line.socket.settimeout(60)
            self._line.tell(**message)
        except OSError as error:
            raise Silent(self._obituary()) from error

    def hear(self, seconds: float) -> Mapping[str, Any]:
        """What it says next; Silent after so many seconds without a word."""
        self._line.socket.settimeout(seconds)
        try:
            return self._line.hear()
        except (OSError, EOFError) as error:
            raise Silent(self._obituary()) from error

    def ask(self, seconds: float, **message: Any) -> Mapping[str, Any]:
        """Say something and hear the answer."""
        self.tell(**message)
        return self.hear(seconds)

    def stop(self) -> None:
        """Hang up; the process is gone afterwards."""
        self._line.close()
        self.child.stop(patience=3)

    def _obituary(self) -> str:
        state = "says nothing" if self.child.alive else f"has ended with {self.child.exit_code}"
        return f"The process {self.child.name} {state}; its last words:\n{self.child.last_words()}"
