"""The ground a run stands on: a folder on a real disk, PostgreSQL with durable settings, Valkey, and the shop's processes.

Everything listens on the loopback address, is ended by its own process id, and dies with the benchmark however that ends.
"""

import fcntl
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psycopg

from bench.conversation import BASE_DIR, Partner
from bench.meters import file_system
from dropshop.machine.commands import MAILER, READER, REQUESTS, SWEEPER, WORKER, beat, web
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.processes import VARIABLES, CannotStart, ChildProcess, free_port, wait_until
from dropshop.machine.run import answers
from dropshop.machine.state import StateFolder

HOST = "127.0.0.1"
PREFIX = "dropshop-bench-"
PASSWORD = "for-the-benchmark"  # noqa: S105 - of servers that live for minutes, on the loopback address
DESCRIPTORS = 65_536
IN_MEMORY = {"tmpfs", "ramfs"}
# Members' own limits stay as they are; the crowd comes from some hundred addresses instead of from many thousands.
LIMITS = {name: {"address": "100000/1s"} for name in ("pass", "reserve", "purchase", "sign-in")}
LIMITS["sign-in"]["account"] = "100000/1s"
SERVERS = {
    "shop": lambda port: web(HOST, port),
    "empty": lambda port: _uvicorn("bench.empty:application", port),
    "dressed": lambda port: _uvicorn("bench.empty:application", port),
    "bare": lambda port: _uvicorn("bench.bare:application", port),
    "plain-shop": lambda port: _uvicorn("bench.plain_shop:application", port),
    "plain": lambda port: _uvicorn("bench.plain:application", port),
    "single": lambda port: _uvicorn("bench.single:application", port),
}
EXTRA = {"dressed": {"BENCH_MIDDLEWARE": "1"}}


def _uvicorn(application: str, port: int) -> tuple[str, ...]:
    """The same flags as the shop's own server, another application."""
    return tuple(application if part == "dropshop.asgi:application" else part for part in web(HOST, port))


class Server:
    """A running server process."""

    def __init__(self, child: ChildProcess, port: int) -> None:
        self.child, self.port = child, port

    @property
    def pid(self) -> int:
        """Of the process that serves."""
        return self.child.pid


class Ground:
    """`with Ground() as ground:` has a migrated, empty shop, and this process's Django works on it."""

    def __init__(self, parent: Path | None = None) -> None:
        self.parent = parent or _durable_folder()
        self._stack = ExitStack()
        self.servers: dict[str, Server] = {}
        self.workers: dict[str, ChildProcess] = {}

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def _open(self) -> None:
        _remove_leftovers(self.parent)
        _allow_many_sockets()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.parent))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        state = StateFolder(self.folder)
        self._stack.callback(state.close)
        state.open()
        self.logs = state.logs
        lock = state.inherited_lock
        self.postgres = Postgres(self.folder / "postgres", password=PASSWORD, logs=self.logs, lock=lock)
        self.valkey = Valkey(self.folder / "valkey", password=PASSWORD, logs=self.logs, lock=lock)
        for server in (self.postgres, self.valkey):
            self._stack.callback(server.stop)
            server.start()
        _take_environment(
            {
                "DATABASE_URL": self.postgres.url,
                "REDIS_URL": self.valkey.url,
                "DROPSHOP_STATE": str(self.folder),
                "DROPSHOP_LIMITS": json.dumps(LIMITS),
                "DROPSHOP_PER_ADDRESS": str(DESCRIPTORS),
                "SECRET_KEY": "for-the-benchmark-only-and-long-enough-to-sign-with",
                "DJANGO_SETTINGS_MODULE": "dropshop.settings",
                "PYTHONUNBUFFERED": "1",
            }
        )
        self._manage("migrate", "--noinput")
        self._manage("collectstatic", "--noinput")
        import django

        django.setup()

    def _manage(self, *arguments: str) -> None:
        command = ChildProcess(
            arguments[0], (sys.executable, "manage.py", *arguments), log=self.logs / "manage.log", cwd=BASE_DIR
        )
        self._stack.callback(command.stop)
        command.start()
        wait_until(lambda: not command.alive, 600)
        if command.exit_code != 0:
            raise CannotStart(f"manage.py {arguments[0]} failed:\n{command.last_words(30)}")

    def server(self, name: str) -> Server:
        """The server of that name (see SERVERS), started when it does not run yet."""
        if name not in self.servers:
            port = free_port()
            child = ChildProcess(
                name,
                SERVERS[name](port),
                log=self.logs / f"{name}.log",
                env={**os.environ, **EXTRA.get(name, {})},
                cwd=BASE_DIR,
            )
            self._stack.callback(child.stop)
            child.start()
            wait_until(lambda: answers(HOST, port) or not child.alive, 60)
            if not child.alive:
                raise CannotStart(f"The server {name} has ended:\n{child.last_words(30)}")
            self.servers[name] = Server(child, port)
        return self.servers[name]

    def stop_server(self, name: str) -> None:
        """End it; the next `server(name)` starts a fresh one."""
        if name in self.servers:
            self.servers.pop(name).child.stop()

    def start_celery(self) -> None:
        """Sweeper, worker and beat, as `make run` has them; returns once the sweeper has swept."""
        self._start({"sweeper": SWEEPER, "worker": WORKER, "beat": beat(self.folder / "beat-schedule")})
        if not wait_until(lambda: bool(self.sql("SELECT 1 FROM reservations_sweeperrun")), 60, every=0.5):
            raise CannotStart(f"The sweeper does not sweep; see the logs in {self.logs}.")

    def start_requests(self) -> None:
        """The process that carries purchase requests out; beat must be there. Returns once it answers."""
        if "requests" not in self.workers:
            self._start({"requests": REQUESTS})
        if not wait_until(lambda: "requests" in answering_workers(), 300):
            raise CannotStart(f"The worker of requests does not answer; see the logs in {self.logs}.")

    def start_the_rest(self) -> None:
        """What else `make run` has: the processes that read feeds and send e-mails; returns once all of Celery's answer."""
        self._start(
            {
                name: command
                for name, command in {"reader": READER, "mailer": MAILER, "requests": REQUESTS}.items()
                if name not in self.workers
            }
        )
        workers = self.workers.keys() - {"beat"}
        if not wait_until(lambda: workers <= answering_workers(), 300):
            raise CannotStart(f"Not all of {', '.join(sorted(workers))} answer; see the logs in {self.logs}.")

    def _start(self, commands: Mapping[str, Sequence[str]]) -> None:
        for name, command in commands.items():
            child = self.workers[name] = ChildProcess(name, command, log=self.logs / f"{name}.log", cwd=BASE_DIR)
            self._stack.callback(child.stop)
            child.start()

    def processes(self) -> dict[str, int]:
        """The shop's processes that run, by their names, with their ids."""
        servers = {"postgres": self.postgres.child, "valkey": self.valkey.child}
        servers |= {name: server.child for name, server in self.servers.items()}
        return {name: child.pid for name, child in {**servers, **self.workers}.items() if child.alive}

    def partner(self, name: str, module: str, env: Mapping[str, str] | None = None) -> Partner:
        """A process of ours that is spoken with, stopped with the ground at the latest."""
        partner = Partner(name, module, self.logs, env)
        self._stack.callback(partner.stop)
        return partner

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """Rows of a statement, over a connection that nothing else uses."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def complaints(self) -> list[str]:
        """Names of the logs in which a process has written of an exception."""
        return sorted(log.name for log in self.logs.glob("*.log") if b"Traceback (most recent call last)" in log.read_bytes())


def answering_workers() -> set[str]:
    """The names of Celery's processes that answer within a second."""
    from dropshop.celery import app  # Django is set up by now

    return {name.partition("@")[0] for reply in app.control.ping(timeout=1.0) for name in reply}


def _durable_folder() -> Path:
    """Where a flush is a flush: /var/tmp, else the repository's own state folder."""
    for folder in (Path("/var/tmp"), BASE_DIR / ".state"):  # noqa: S108 - a fresh folder with a random name is made in it
        folder.mkdir(exist_ok=True)
        if file_system(folder) not in IN_MEMORY:
            return folder
    raise CannotStart("No folder on a disk was found, and in memory a commit costs nothing; name one by --folder.")


def _take_environment(environment: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        del os.environ[name]
    os.environ.update(environment)


def _allow_many_sockets() -> None:
    """As many descriptors as the machine allows, also for the processes started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, DESCRIPTORS), max(hard, DESCRIPTORS)))
    except (ValueError, OSError):  # only root may raise the upper limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _remove_leftovers(parent: Path) -> None:
    """Folders of runs that were killed: nobody holds their locks any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        locks = []
        try:
            for name in ("lock", "servers.lock"):
                locks.append((folder / name).open("a"))
                fcntl.flock(locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another run is at work there, or it is somebody else's
        finally:
            for lock in locks:
                lock.close()
