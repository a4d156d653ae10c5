"""`make run` in a process of its own, and the home of a shop that several tests share."""

import os
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

from dropshop.machine.commands import BASE_DIR
from dropshop.machine.processes import VARIABLES, die_with_parent, free_port, wait_until
from dropshop.machine.unprivileged import can_unshare
from tests.harness.patience import PATIENCE

ORDINARY_USER = (
    ("unshare", "--user", "--map-user=1234", "--map-group=1234")
    if can_unshare()
    else (
        "setpriv",
        "--reuid=1234",
        "--regid=1234",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    )
)


class Run:
    """A supervisor in a process of its own, and everything it has started."""

    def __init__(self, state, *, prefix=(), arguments=(), **env):
        self.state, self.port, self.mark = state, free_port(), uuid.uuid4().hex
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
        self.env |= {"DROPSHOP_STATE": str(state), "PORT": str(self.port), "DROPSHOP_DEMO": "0", "MARK": self.mark, **env}
        me = os.getpid()
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "dropshop.machine.run", *arguments],
            cwd=BASE_DIR,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            preexec_fn=lambda: die_with_parent(me, signal.SIGTERM),  # noqa: PLW1509 - it ends with the suite
        )

    def opened(self):
        """The line that says the shop is open."""
        line = self.process.stdout.readline()
        assert line, f"the shop did not open: {self.process.stderr.read()}"
        return line

    def refused(self, code=1):
        """What it says when it does not open."""
        out, complaint = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, out) == (code, ""), complaint
        self.process.stdout.close()
        self.process.stderr.close()
        return complaint

    def end(self, signal_number=signal.SIGTERM):
        """What it says on the terminal after it has been signalled and has ended."""
        self.process.send_signal(signal_number)
        return self.process.communicate(timeout=PATIENCE)

    def processes(self):
        """Process ids of what it has started: by a mark in the environment, or by the folder they work in.

        PostgreSQL writes its titles over its environment, but works in the folder of its data.
        """
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_ours(entry)]

    def _is_ours(self, entry):
        with suppress(OSError):
            return self.mark.encode() in (entry / "environ").read_bytes() or (entry / "cwd").readlink().is_relative_to(
                self.state
            )
        return False

    def leaves_nothing(self):
        return wait_until(lambda: self.processes() == [], PATIENCE)

    def manage(self, code):
        """What `manage.py shell` prints in a second terminal, which knows only the state folder."""
        env = {"PATH": os.environ["PATH"], "DROPSHOP_STATE": str(self.state)}
        command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", code]
        return subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=True).stdout.strip()


def end_all(started):
    for one in started:
        one.process.kill()
        one.process.wait()
    for one in started:
        one.process.stdout.close()
        one.process.stderr.close()
        assert one.leaves_nothing()


class Home:
    """A state folder of an ordinary user, also where the suite is run by root, and the demo shop that lives in it.

    The first start of all makes the tables and the demo: the tests of this module share it.
    """

    def __init__(self, state):
        self.state, self.shops = state, []
        self.prefix = ORDINARY_USER if os.geteuid() == 0 else ()
        if self.prefix and self.prefix[0] == "setpriv":
            state.mkdir(mode=0o700)
            os.chown(state, 1234, 1234)

    def open(self):
        """The shop that is open, and what it said when it opened."""
        if not self.shops or self.shops[-1].process.poll() is not None:
            self.shops.append(Run(self.state, prefix=self.prefix, DROPSHOP_DEMO="1", DROPSHOP_DEMO_PASSWORD="sesame"))
            self.shops[-1].line = self.shops[-1].opened()
        return self.shops[-1]
