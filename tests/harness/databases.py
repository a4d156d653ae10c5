"""Databases for tests: copies of one that is migrated once for the whole run."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import DeadlockDetected

from dropshop.machine.commands import BASE_DIR
from dropshop.machine.embedded import Postgres, postgres_programs
from dropshop.machine.processes import ChildProcess

TEMPLATE = "dropshop_template"
KEPT = BASE_DIR / ".pytest_cache" / "tables"
ATTEMPTS = 5
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
Connection = psycopg.Connection[tuple[Any, ...]]


def database_url(name: str) -> str:
    """URL of another database of the suite's PostgreSQL."""
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return f"{base}/{name}"


def begin_template() -> ChildProcess:
    """Migrates the template in a process of its own, while the workers of a run collect their tests."""
    logs = Path(os.environ["DROPSHOP_STATE"])
    command = [sys.executable, "-c", "from tests.harness.databases import make_template; make_template()"]
    child = ChildProcess("template", command, log=logs / "template.log", cwd=BASE_DIR)
    child.start()
    return child


def make_template() -> None:
    """The template is there afterwards; whoever comes second waits for the first."""
    with (Path(os.environ["DROPSHOP_STATE"]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                _migrate_template(connection)


def make_database(name: str) -> None:
    """A fresh database with all tables."""
    make_template()
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")


def drop_database(name: str) -> None:
    """The database and everybody's connections to it are gone."""
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def fill_from_template(server: Postgres) -> None:
    """The empty database of another server gets all tables: a dump takes a tenth of the time that migrating takes."""
    make_template()
    _load(_dump(database_url(TEMPLATE)), into=server.url)


def make_as_new(name: str) -> None:
    """The database holds again what a fresh one holds, under the same numbers, for processes that go on working on it."""
    for _ in range(ATTEMPTS):
        try:
            _make_as_new(name)
        except DeadlockDetected:  # with what the shop does by itself every second
            continue
        return
    raise AssertionError(f"{name} could not be emptied: a deadlock {ATTEMPTS} times in a row.")


def _make_as_new(name: str) -> None:
    with psycopg.connect(database_url(TEMPLATE)) as template, psycopg.connect(database_url(name)) as connection:
        # As a replica: no foreign key is asked, and no trigger that keeps a ledger from being deleted.
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in _filled(connection):
            connection.execute(sql.SQL("DELETE FROM {}").format(table))
        for table in _filled(template):
            with (
                template.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as source,
                connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as target,
            ):
                for block in source:
                    target.write(block)


def _filled(connection: Connection) -> list[sql.Identifier]:
    """Its tables that hold rows."""
    tables = [name for (name,) in connection.execute(TABLES)]
    holds = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in tables
    )
    return [sql.Identifier(name) for (name,) in connection.execute(holds)]


def _migrate_template(connection: Connection) -> None:
    half = f"{TEMPLATE}_half"
    connection.execute(f"DROP DATABASE IF EXISTS {half} WITH (FORCE)")
    connection.execute(f"CREATE DATABASE {half}")
    kept = KEPT / f"{_digest_of_migrations()}.sql"
    with contextlib.suppress(FileNotFoundError):
        _load(kept.read_bytes(), into=database_url(half))
    _migrate(database_url(half))  # always: what follows a migration, roles among it, depends on all of the code
    if not kept.exists():
        _keep(_dump(database_url(half)), kept)
    connection.execute(f"ALTER DATABASE {half} RENAME TO {TEMPLATE}")


def _migrate(url: str) -> None:
    command = [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--noinput"]
    env = dict(os.environ) | {"DATABASE_URL": url}
    done = subprocess.run(command, check=False, env=env, cwd=BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, f"The tables cannot be made:\n{done.stdout}\n{done.stderr}"


def _digest_of_migrations() -> str:
    """Another one as soon as a migration, a package or PostgreSQL is another."""
    files = [*sorted(BASE_DIR.glob("[a-z]*/**/migrations/*.py")), BASE_DIR / "requirements-dev.lock"]
    server = subprocess.run([postgres_programs() / "postgres", "--version"], check=True, capture_output=True).stdout
    return hashlib.sha256(b"".join([server, *(file.read_bytes() for file in files)])).hexdigest()[:32]


def _keep(script: bytes, path: Path) -> None:
    """For the next run; in one step, because another run may be reading. What earlier migrations made is dropped."""
    KEPT.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}")
    half.write_bytes(script)
    for old in KEPT.glob("*.sql"):
        old.unlink(missing_ok=True)
    half.rename(path)


def _dump(url: str) -> bytes:
    """A script of all tables and rows: running it takes a tenth of the time that migrating takes."""
    command = [postgres_programs() / "pg_dump", "--no-owner", f"--dbname={url}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _load(script: bytes, *, into: str) -> None:
    command = [postgres_programs() / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={into}"]
    subprocess.run(command, check=True, input=script, capture_output=True)
