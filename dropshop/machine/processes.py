"""Child processes that never outlive the process that started them.

Imports no Django: the supervisor uses this before there are settings.
"""

import ctypes
import http.client
import multiprocessing
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dropshop.core import log_files

_PR_SET_PDEATHSIG = 1
LOWEST_PORT = 15_000  # of those that are looked for; below them known services listen
DEFAULT_MAX_FILES = 1_048_576  # where the machine sets no limit
REFUSED = os.EX_CONFIG  # exit code of a process that does not start because of how it is configured: no use to try again
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


# How the names of the shop's own variables begin: what a run with servers of its own must not take from the developer's shell.
VARIABLES = (
    "DATABASE_",
    "REDIS_",
    "GIVE_BACK_",
    "HOLD",
    "IDEMPOTENCY_",
    "SIGN_INS_",
    "DROPSHOP_",
    "PAGE_",
    "READYZ_",
    "PAYMENT_",
    "STRIPE_",
    "MAP_",
    "GEOCODER_",
    "EMAIL_",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CSRF_",
    "DEBUG",
    "DEFAULT_FROM",
    "DJANGO_",
)


class CannotStart(Exception):
    """Something is wrong that its owner can mend; the message is one sentence for the terminal."""

    exit_code = 1


class StartRefused(CannotStart):
    """A process of the shop does not start because of how it is configured; the message is what it said."""

    exit_code = REFUSED


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask the kernel to send this process `death_signal` when the thread that forked it ends, however it ends.

    The parent may already be gone by the time the kernel listens, so it is compared afterwards: `parent` is the process id
    the caller believes in. Survives exec (also of `unshare --user`), not a change of user.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), death_signal)


def die_with_starter() -> None:
    """For one of several processes side by side (`multiprocessing`): it ends when the process that keeps them ends.

    Else it would keep the port, and the next start could not listen.
    """
    if (starter := multiprocessing.parent_process()) is not None and starter.pid is not None:
        die_with_parent(starter.pid, signal.SIGKILL)


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port nobody listens on at this moment.

    Not one of those that the system gives to connections: between this look and a server's start any process may get it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates = range(LOWEST_PORT, _first_port_of_connections())
    for port in [*random.sample(candidates, min(len(candidates), 50)), 0]:
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart(f"There is no free port on {host}.")


def _first_port_of_connections() -> int:
    """Where the ports begin that the system gives to outgoing connections; LOWEST_PORT where nobody says."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return LOWEST_PORT


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """True as soon as `condition()` holds, False when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def answers(host: str, port: int) -> bool:
    """Whether a web server replies there, whatever it says."""
    connection = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=10)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def raise_file_limit() -> int:
    """As many open files as the machine allows this process and its children, a connection being one; how many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = DEFAULT_MAX_FILES if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files


class ChildProcess:
    """One program with a log of its own, in its own process group so that a Ctrl-C reaches only whoever started it.

    `stop_signal` asks it to end; `death_signal` is what it gets from the kernel when its starter dies. Start it from a
    thread that lives as long as the child should: the kernel watches the thread, not the process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        death_signal: int = signal.SIGKILL,
        pass_fds: Sequence[int] = (),
        log_limit: int = log_files.MAX_LOG_BYTES,
    ):
        self.name, self.command, self.log = name, [os.fspath(part) for part in command], log
        self.env, self.cwd, self.pass_fds, self.log_limit = env, cwd, tuple(pass_fds), log_limit
        self.stop_signal, self.death_signal = stop_signal, death_signal
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0  # monotonic seconds
        self._asked = False
        self._log_start = 0

    def start(self) -> None:
        """Start the program; OSError when there is no such program."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name} must be started from the main thread, or it dies with this one.")
        self.keep_log_short()
        self._asked = False
        me, death_signal = os.getpid(), self.death_signal
        self._log_start = log_files.size_of(self.log)
        # A signal in the middle of a fork would raise in a callback, where Python drops it; it waits until the child is there.
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

        def begin() -> None:
            die_with_parent(me, death_signal)
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)

        try:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=None if self.env is None else dict(self.env),
                    cwd=self.cwd,
                    pass_fds=self.pass_fds,
                    process_group=0,
                    preexec_fn=begin,  # noqa: PLW1509 - nothing else can do this
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """Process id; RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError(f"{self.name} has not been started.")
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the program runs at this moment (a frozen one does)."""
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """As `Popen.returncode`: negative for a signal, None while it runs."""
        return None if self.process is None else self.process.poll()

    def send(self, signal_number: int) -> None:
        """Send a signal to the program; nothing happens when it has ended."""
        if self.process is not None:
            self.process.send_signal(signal_number)

    def freeze(self) -> None:
        """Stop it from running without ending it, as a stalled machine would."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen program go on."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End the program and everything in its process group at once (SIGKILL), and wait for it."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask_to_stop(self) -> None:
        """Ask the program, once, to end by itself; a frozen one is thawed, so that it can hear."""
        if self.alive and not self._asked:
            self._asked = True
            self.send(self.stop_signal)
            self.thaw()

    def stop(self, patience: float = 10) -> None:
        """Ask the program to end, and end it by force after `patience` seconds."""
        self.ask_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def keep_log_short(self) -> None:
        """Move its log aside where that has become too long; the program must know how to follow (`log_files`)."""
        if log_files.move_aside_if_full(self.log, self.log_limit):
            self._log_start = 0

    def last_words(self, lines: int = 12) -> str:
        """The end of what the program has written since it was last started."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - 20_000))
            return "\n".join(log.read().decode(errors="replace").strip().splitlines()[-lines:])
