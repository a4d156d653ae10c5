"""A whole shop of real processes, for what only processes can show: races between them, faults, sockets, browsers."""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from django.db import connections

from dropshop.machine.commands import BASE_DIR, MAILER, REQUESTS, SWEEPER, WORKER, beat, web
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.processes import ChildProcess, free_port, wait_until
from dropshop.machine.run import answers
from tests.harness.databases import database_url, drop_database, fill_from_template, make_as_new, make_database
from tests.harness.patience import PATIENCE

# For DROPSHOP_LIMITS: a crowd from one address, whose members are in a hurry.
UNLIMITED = (
    '{"pass": {"address": "100000/1s"}, "reserve": {"address": "100000/1s", "member": "1000/1s"}, '
    '"purchase": {"address": "100000/1s", "member": "1000/1s"}, "withdraw": {"address": "100000/1s"}}'
)
PAGE_CACHE_SECONDS = 1.0  # the default
_numbers = itertools.count(1)


class Shop:
    """Web servers on ports of their own, Celery workers and beat, on a fresh database and a Valkey of its own.

        with Shop(webs=2) as shop, shop.orm():
            drop = make_drop()
            httpx.get(f"{shop.urls[1]}/drops/{drop.slug}/")
            shop.kill("web1")

    The processes are called web1, web2 …, worker, sweeper, mailer, requests, beat, valkey, postgres. `own_postgres` gives the
    shop a PostgreSQL server that may be stopped. `celery` names which of the Celery processes to start. `env` goes to all of
    them.
    """

    def __init__(
        self,
        *,
        webs: int = 1,
        celery: tuple[str, ...] = ("worker", "sweeper", "beat"),
        own_postgres: bool = False,
        env: dict[str, str] | None = None,
    ):
        self._folder = tempfile.TemporaryDirectory(prefix="shop-", dir=os.environ["DROPSHOP_STATE"])
        self.folder = Path(self._folder.name)
        self.logs = self.folder
        self.name = f"shop_{os.getpid()}_{next(_numbers)}"
        self.valkey = Valkey(self.folder / "valkey", password="for-tests", logs=self.logs, durable=False)
        self.postgres = None
        if own_postgres:
            self.postgres = Postgres(self.folder / "postgres", password="for-tests", logs=self.logs)
        self.untouched = True  # none of its processes has been killed, frozen, stopped or misguided
        self.ports = [free_port() for _ in range(webs)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.env = dict(os.environ) | {
            "DATABASE_URL": self.postgres.url if self.postgres else database_url(self.name),
            "REDIS_URL": self.valkey.url,
            "DATABASE_POOL": "24",
            "PYTHONUNBUFFERED": "1",
            "DROPSHOP_PER_ADDRESS": "100000",  # every test's crowd comes from one address
            **(env or {}),
        }
        schedule = self.folder / "beat-schedule"
        commands = {f"web{number}": web("127.0.0.1", port) for number, port in enumerate(self.ports, 1)}
        behind = {"worker": WORKER, "sweeper": SWEEPER, "mailer": MAILER, "requests": REQUESTS, "beat": beat(schedule)}
        commands |= {name: behind[name] for name in celery}
        self.children = {  # by PGAPPNAME one sees in pg_stat_activity whose connection it is
            name: ChildProcess(name, command, log=self.logs / f"{name}.log", env=self.env | {"PGAPPNAME": name}, cwd=BASE_DIR)
            for name, command in commands.items()
        }

    @property
    def url(self) -> str:
        """Of the first web server, without a slash at the end."""
        return self.urls[0]

    def __enter__(self) -> "Shop":
        try:
            self.valkey.start()
            if self.postgres:
                self.postgres.start()
                fill_from_template(self.postgres)
            else:
                make_database(self.name)
            for child in self.children.values():
                child.start()
            self.wait_until_open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.stop()
        self.valkey.stop()
        if self.postgres:
            self.postgres.stop()
        else:
            drop_database(self.name)
        self._folder.cleanup()

    def misguide(self, name: str, folder: str, **env: str) -> None:
        """Once it is started, that process imports first what lies in tests/harness/<folder>, which reads these variables."""
        self.untouched = False
        path = {"PYTHONPATH": str(Path(__file__).parent / folder)}
        self.children[name].env = self.env | {"PGAPPNAME": name} | path | env

    @property
    def can_be_made_as_new(self) -> bool:
        """Whether nothing was done to its processes, and they remember pages no longer than usual."""
        return self.untouched and "PAGE_CACHE_SECONDS" not in self.env and self.postgres is None

    def make_as_new(self) -> None:
        """Nobody has been here: for the next module, while the processes go on."""
        make_as_new(self.name)
        with redis.Redis.from_url(self.valkey.url) as client:
            for key in client.scan_iter(count=1000):
                if not key.startswith(b"_kombu"):  # by these Celery finds its queues
                    client.delete(key)
        time.sleep(PAGE_CACHE_SECONDS)  # so long visitors are shown what a page held before

    # -- What tests do to it ---------------------------------------------------------------------------

    def child(self, name: str) -> ChildProcess:
        """The process of that name, to do something to it."""
        self.untouched = False
        if name == "valkey":
            return self.valkey.child
        if name == "postgres" and self.postgres:
            return self.postgres.child
        return self.children["web1" if name == "web" else name]

    def is_up(self, name: str) -> bool:
        """Whether the process runs, and a web server answers."""
        if not self.child(name).alive:
            return False
        return not name.startswith("web") or answers("127.0.0.1", self.ports[int(name.removeprefix("web")) - 1])

    @property
    def names(self) -> list[str]:
        """Of all processes."""
        return [*self.children, "valkey", *(["postgres"] if self.postgres else [])]

    def kill(self, name: str) -> None:
        """SIGKILL, and wait until it is gone; PostgreSQL with all its backends."""
        _freeze(self.child(name))  # so that it has no more children while we look
        for pid in _children(self.child(name)):
            os.kill(pid, signal.SIGKILL)
        self.child(name).kill()

    def restart(self, name: str) -> None:
        """Start what was killed or stopped, on the port it had; a server of data is there afterwards, another process soon."""
        if name == "postgres" and self.postgres:
            self.postgres.start()
        elif name == "valkey":
            self.valkey.start()
        else:
            self.child(name).start()

    def freeze(self, name: str) -> None:
        """SIGSTOP: it holds what it holds and does nothing, nor do its children."""
        _freeze(self.child(name))
        for pid in _children(self.child(name)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT."""
        for pid in _children(self.child(name)):
            os.kill(pid, signal.SIGCONT)
        self.child(name).thaw()

    def stop_redis(self) -> None:
        """Redis is gone; its address refuses connections."""
        self.untouched = False
        self.valkey.stop()

    def start_redis(self) -> None:
        """Redis is back on the same address, empty."""
        self.valkey.start()

    def wait_until_open(self, seconds: float = 2 * PATIENCE) -> None:
        """Every web server replies; AssertionError with the logs when one has ended or stays silent."""
        for name, port in zip((f"web{number}" for number in itertools.count(1)), self.ports, strict=False):
            child = self.children[name]
            wait_until(lambda child=child, port=port: answers("127.0.0.1", port) or not child.alive, seconds)
            assert child.alive, f"{name} has ended:\n{child.last_words(30)}"
            assert answers("127.0.0.1", port), f"{name} does not answer:\n{child.last_words(30)}"

    def manage(self, *arguments: str) -> str:
        """What `manage.py` says, run in the shop's environment; AssertionError with its output when it fails."""
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        done = subprocess.run(command, check=False, env=self.env, cwd=BASE_DIR, capture_output=True, text=True)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run_python(self, code: str) -> str:
        """What `code` prints in a Django process of this shop, where it publishes to this shop's screens."""
        return self.manage("shell", "--no-imports", "--command", code)

    @contextmanager
    def orm(self) -> Iterator[None]:
        """Models in this test process read and write the shop's own database; every statement commits by itself."""
        connection = connections["default"]
        connection.close()
        before = {key: connection.settings_dict[key] for key in ("NAME", "PORT", "PASSWORD")}
        server = self.postgres
        now: dict[str, Any] = (
            {"NAME": "dropshop", "PORT": server.port, "PASSWORD": server.password} if server else {"NAME": self.name}
        )
        connection.settings_dict.update(now)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)

    def logs_of_all(self, lines: int = 40) -> str:
        """The end of every process's log."""
        children = [*self.children.values(), *(server.child for server in (self.valkey, self.postgres) if server)]
        return "\n\n".join(f"== {child.name}\n{child.last_words(lines)}" for child in children)


def _freeze(child: ChildProcess) -> None:
    """Frozen, and so far out of whatever it was doing (a fork, say) that nothing comes of it any more."""
    child.freeze()
    stat = Path(f"/proc/{child.pid}/stat")
    wait_until(lambda: not child.alive or stat.read_text().rpartition(")")[2].split()[0] == "T", PATIENCE, every=0.001)


def _children(child: ChildProcess) -> list[int]:
    """Process ids of the children of one of our processes."""
    file = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    return [int(pid) for pid in file.read_text().split()] if child.alive and file.exists() else []
