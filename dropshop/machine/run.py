"""`make run`: the whole shop on one machine. Starts the servers and the shop's processes, watches them, stops them.

Imports no Django: the settings read what is decided here (docs/running.md has the table of variables).
"""

import argparse
import hashlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from dropshop.core import log_files
from dropshop.machine.commands import BASE_DIR, MAILER, MANAGE, READER, REQUESTS, SWEEPER, WORKER, beat, web
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.environment import YES
from dropshop.machine.processes import (
    REFUSED,
    CannotStart,
    ChildProcess,
    StartRefused,
    answers,
    die_with_parent,
    raise_file_limit,
    wait_until,
)
from dropshop.machine.state import StateFolder

EARLY_DEATH_SECONDS = 5  # seconds; a process that lived shorter did not really start
MAX_DEATHS = 4  # deaths of one process before the shop has opened, after which it gives up
MIN_FILES = 4096  # fewer open files than this are told of at the start
POOL = 26  # connections to the database that a live process may have, by default (DATABASE_POOL)
MAX_RETRY_SECONDS = 30  # seconds between two attempts, at most


class Supervisor:
    """One shop: the servers it brings, its processes, and the order in which they come and go."""

    def __init__(self, environ: Mapping[str, str]):
        self.host = environ.get("HOST") or "127.0.0.1"
        port = environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CannotStart(f"PORT is a number from 1 to 65535, not {port!r}.")
        self.port = int(port)
        self.state = StateFolder(Path(environ.get("DROPSHOP_STATE") or BASE_DIR / ".state").absolute())
        self.env = {key: value for key, value in environ.items() if value}
        self.env.setdefault("DROPSHOP_DEMO", "0" if self.env.get("DROPSHOP_ENV", "").lower() == "production" else "1")
        self.env |= {"DROPSHOP_STATE": str(self.state.folder), "PYTHONUNBUFFERED": "1"}
        self.servers: list[Postgres | Valkey] = []
        self.children: list[ChildProcess] = []
        self.opened = False
        self.deaths: dict[str, int] = {}  # by name: before the shop has opened all of them, afterwards quick ones in a row
        self.due: dict[str, float] = {}  # monotonic time at which a dead one is started again

    def run(self) -> None:
        """Open the shop and keep it open until a signal (KeyboardInterrupt); CannotStart when that is not possible."""
        self._claim_port()
        self._judge()
        self.state.open()
        self._start_servers()
        self._prepare()
        self._start_children()
        print(self._welcome(), flush=True)
        while still_wanted():
            self._look_after_all()
            time.sleep(0.2)

    def run_only(self, command: str) -> None:
        """Run one of manage.py's commands on the servers that this shop brings, and print what it says; nothing is opened."""
        self.state.open()
        self._start_servers()
        done = self._manage(command)
        self._finish(done)
        print(done.last_words(), flush=True)

    def stop(self) -> None:
        """Stop the shop's processes first, then the servers they use; nothing is left behind."""
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop()
        for server in reversed(self.servers):
            server.stop()
        if self.servers:
            self.state.forget_services()
        self.state.close()

    def _claim_port(self) -> None:
        """CannotStart when somebody listens there already; better to know before a minute of preparations."""
        try:
            family, _, _, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            where = f"{self.host} port {self.port}"
            raise CannotStart(
                f"The shop cannot listen on {where} ({error.strerror}); choose another, as in: make run PORT=8001"
            ) from error

    def _judge(self) -> None:
        """Refused, with its sentences, where the shop's processes would refuse these values; nothing has been touched yet."""
        not_yet = {"DATABASE_URL": "postgresql:///not-yet", "REDIS_URL": "redis://not-yet/0"}
        with tempfile.TemporaryDirectory(prefix="dropshop-judged-") as folder:
            judge = self._child("check_start", (*MANAGE, "check_start"), logs=Path(folder))
            judge.env = not_yet | self.state.planned_secrets() | self.env
            self._finish(self._begin(judge))

    def _start_servers(self) -> None:
        secrets = self.state.secrets()
        for name in ("SECRET_KEY", "DROPSHOP_FIELD_KEYS"):
            self.env.setdefault(name, secrets[name])
        folder, logs, lock = self.state.folder, self.state.logs, self.state.inherited_lock
        brought: dict[str, Postgres | Valkey] = {}
        if "DATABASE_URL" not in self.env:
            postgres = Postgres(folder / "postgres", password=secrets["POSTGRES_PASSWORD"], logs=logs, lock=lock)
            postgres.more_connections = POOL * (self.live_processes - 1)
            brought["DATABASE_URL"] = postgres
        if "REDIS_URL" not in self.env:
            brought["REDIS_URL"] = Valkey(folder / "valkey", password=secrets["VALKEY_PASSWORD"], logs=logs, lock=lock)
        for server in brought.values():
            self.servers.append(server)
            server.start()
        self.env |= {name: server.url for name, server in brought.items()}
        self.state.write_services({name: self.env[name] for name in ("DATABASE_URL", "REDIS_URL")})

    def _prepare(self) -> None:
        """Tables, the demo shop on the first start, and the static files when they have changed."""
        stamp, fresh = self.state.folder / "static.stamp", _fingerprint_of_static_files()
        self._finish(self._manage("migrate", "--noinput"))  # which judges the accounts, before anything is changed
        collecting = None
        if not stamp.exists() or stamp.read_text() != fresh:
            collecting = self._manage("collectstatic", "--noinput")
        if self._is_demo:
            self._finish(self._manage("seed_demo"))
        if collecting:
            self._finish(collecting)
            stamp.write_text(fresh)

    @property
    def live_processes(self) -> int:
        """How many serve the port side by side; what is no number, the settings refuse."""
        said = self.env.get("DROPSHOP_LIVE_PROCESSES", "1").strip()
        return int(said) if said.isdecimal() else 1

    @property
    def _is_demo(self) -> bool:
        return self.env["DROPSHOP_DEMO"].strip().lower() in YES

    def _manage(self, *arguments: str) -> ChildProcess:
        return self._begin(self._child(arguments[0], (*MANAGE, *arguments)))

    def _begin(self, command: ChildProcess) -> ChildProcess:
        self.children.append(command)  # so that a signal in the middle stops it
        command.start()
        return command

    def _finish(self, command: ChildProcess) -> None:
        wait_until(lambda: still_wanted() and not command.alive, float("inf"))
        self.children.remove(command)
        _give_up_on_refusal(command)
        if command.exit_code:
            raise CannotStart(f"manage.py {command.name} failed; the end of {command.log}:\n{command.last_words()}")

    def _child(self, name: str, command: tuple[str, ...], *, logs: Path | None = None) -> ChildProcess:
        log = (logs or self.state.logs) / f"{name}.log"
        return ChildProcess(name, command, log=log, env=self.env | {log_files.VARIABLE: str(log)}, cwd=BASE_DIR)

    def _start_children(self) -> None:
        commands = {
            "web": web(self.host, self.port, self.live_processes),
            "sweeper": SWEEPER,
            "worker": WORKER,
            "reader": READER,
            "mailer": MAILER,
            "requests": REQUESTS,
            "beat": beat(self.state.folder / "beat-schedule"),
        }
        for name, command in commands.items():
            child = self._child(name, command)
            self.children.append(child)
            child.start()
        while still_wanted() and not answers(self.host, self.port):
            for child in self._look_after_all():
                if self.deaths.get(child.name, 0) >= MAX_DEATHS:
                    raise CannotStart(f"The {child.name} does not start; the end of {child.log}:\n{child.last_words()}")
            time.sleep(0.1)
        self.opened, self.deaths = True, {}

    def _look_after_all(self) -> list[ChildProcess]:
        """Keep logs short and start again what has died, each time after a longer pause; the dead that were noticed now.

        Refused where one of them has refused to start.
        """
        noticed = []
        starters = {server.child.name: server.launch for server in self.servers}
        for child in [*(server.child for server in self.servers), *self.children]:
            if child.alive:
                child.keep_log_short()
                continue
            if child.name not in self.due:
                noticed.append(child)
                self._announce_death(child)
            elif time.monotonic() >= self.due[child.name]:
                del self.due[child.name]
                starters.get(child.name, child.start)()
        return noticed

    def _announce_death(self, child: ChildProcess) -> None:
        _give_up_on_refusal(child)
        quick = not self.opened or time.monotonic() - child.started_at < EARLY_DEATH_SECONDS
        self.deaths[child.name] = self.deaths.get(child.name, 0) + 1 if quick else 0
        pause = min(MAX_RETRY_SECONDS, 2 ** self.deaths[child.name] / 2)
        self.due[child.name] = time.monotonic() + pause
        print(
            f"The {child.name} ended by itself (exit code {child.exit_code}) and starts again in {pause:g} s; see {child.log}",
            file=sys.stderr,
            flush=True,
        )

    def _welcome(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        line = f"The shop is open: http://{host}:{self.port}/"
        if self._is_demo:
            password = self.env.get("DROPSHOP_DEMO_PASSWORD", "dropshop")
            line += f"   sign in as alice, bob or staff, password: {password}"
        return line


def _give_up_on_refusal(child: ChildProcess) -> None:
    """Refused, with what it said, where it does not start because of how it is configured: to start it again is no use."""
    if child.exit_code == REFUSED:
        raise StartRefused(child.last_words(40))


def _fingerprint_of_static_files() -> str:
    """Changes when one of our static files or a locked package changes."""
    found = hashlib.sha256((BASE_DIR / "requirements.lock").read_bytes())
    for path in sorted((BASE_DIR / "static").rglob("*")):
        if path.is_file():
            found.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return found.hexdigest()


_asked_to_stop = False


def still_wanted() -> bool:
    """True; KeyboardInterrupt once a signal has asked the shop to close."""
    if _asked_to_stop:
        raise KeyboardInterrupt
    return True


def _interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
    """Leaves whatever is going on. Python drops an exception that meets a callback (at a fork, say): hence the note."""
    global _asked_to_stop
    _asked_to_stop = True
    raise KeyboardInterrupt


def main() -> int:
    """The exit code: 0 after Ctrl-C or TERM; with a sentence on the terminal 1 when the shop cannot open, REFUSED when its
    configuration keeps it from opening."""
    parser = argparse.ArgumentParser(prog="python -m dropshop.run", description=__doc__)
    parser.add_argument("--parent", type=int, help="process id of whoever started this; the shop closes when it ends")
    parser.add_argument("--only", metavar="COMMAND", help="run this command of manage.py on the shop's servers instead")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    shop = None
    try:
        if options.parent:
            die_with_parent(options.parent, signal.SIGTERM)
        if (files := raise_file_limit()) < MIN_FILES:
            print(f"This machine lets a process have {files} files open; each shopper needs one: ulimit -Hn", file=sys.stderr)
        shop = Supervisor(os.environ)
        shop.run_only(options.only) if options.only else shop.run()
    except KeyboardInterrupt:
        pass  # asked to close
    except CannotStart as error:
        print(error, file=sys.stderr)
        return error.exit_code
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if shop is not None:
            shop.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
