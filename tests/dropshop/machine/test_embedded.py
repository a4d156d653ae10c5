"""PostgreSQL and Valkey out of their wheels."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from dropshop.machine import unprivileged
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.processes import CannotStart, free_port, wait_until
from dropshop.machine.state import StateFolder
from tests.harness.patience import PATIENCE

LONG = "a folder with spaces/" + "and-a-name-far-longer-than-a-socket-address-may-be-" * 3


@pytest.fixture
def state(tmp_path):
    state = StateFolder(tmp_path / LONG)
    state.open()
    yield state
    state.close()


@pytest.fixture
def make_postgres(state):
    """Servers on the test's state folder; whatever is still up at the end is stopped."""
    made = []

    def make(**options):
        made.append(
            Postgres(state.folder / "postgres", password="secret", logs=state.logs, lock=state.inherited_lock, **options)
        )
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def valkey(state):
    server = Valkey(state.folder / "valkey", password="secret", logs=state.logs, lock=state.inherited_lock)
    yield server
    server.stop()


def ask(server, question):
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def test_both_servers_start_below_a_long_folder_with_spaces_and_keep_their_data(make_postgres, valkey):
    postgres = make_postgres()
    postgres.start()
    valkey.start()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    redis.Redis.from_url(valkey.url).set("kept", "42")
    postgres.stop()
    valkey.stop()
    assert not postgres.child.alive
    assert not valkey.child.alive
    postgres.start()
    valkey.start()
    assert ask(postgres, "SELECT n FROM kept") == 42
    assert redis.Redis.from_url(valkey.url).get("kept") == b"42"


def test_both_servers_want_a_password(make_postgres, valkey):
    postgres = make_postgres()
    postgres.start()
    valkey.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace("secret", "guessed"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(valkey.url.replace("secret", "guessed")).ping()


def test_a_commit_is_on_the_disk_in_the_shop_and_need_not_be_in_tests(make_postgres):
    postgres = make_postgres()
    postgres.start()
    assert (ask(postgres, "SHOW fsync"), ask(postgres, "SHOW synchronous_commit")) == ("on", "on")
    postgres.stop()
    quick = make_postgres(durable=False)
    quick.start()
    assert (ask(quick, "SHOW fsync"), ask(quick, "SHOW synchronous_commit")) == ("off", "off")


def test_lower_case_is_known_beyond_ascii(make_postgres):
    postgres = make_postgres()
    postgres.start()
    assert ask(postgres, "SELECT lower('ÅNGSTRÖM ŁÓDŹ')") == "ångström łódź"


def test_root_becomes_somebody_else_where_user_namespaces_are_refused(make_postgres, monkeypatch):
    monkeypatch.setattr(unprivileged, "can_unshare", lambda: False)
    postgres = make_postgres()
    postgres.start()
    assert Path(f"/proc/{postgres.child.pid}").stat().st_uid == (os.geteuid() or 65534)
    postgres.stop()
    monkeypatch.undo()
    postgres.start()  # the cluster has an owner now, and keeps it
    assert ask(postgres, "SELECT 1") == 1


def test_a_killed_starter_leaves_no_server_behind(tmp_path):
    code = """
import os, signal, sys
from pathlib import Path
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.state import StateFolder
state = StateFolder(Path(sys.argv[1])); state.open()
shared = {"password": "secret", "logs": state.logs, "lock": state.inherited_lock, "durable": False}
servers = Postgres(state.folder / "postgres", **shared), Valkey(state.folder / "valkey", **shared)
for server in servers:
    server.start()
print(*(server.child.pid for server in servers), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    starter = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert starter.returncode == -9, starter.stderr
    pids = [Path("/proc") / pid for pid in starter.stdout.split()]
    assert len(pids) == 2
    assert wait_until(lambda: not any(pid.exists() for pid in pids), PATIENCE)
    log = (tmp_path / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log  # asked to stop, not cut off


def test_a_pid_file_left_by_a_crash_does_not_keep_postgres_from_starting(make_postgres, state):
    postgres = make_postgres()
    postgres.start()
    postgres.child.kill()
    pid_file = state.folder / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # the number now belongs to another program
    postgres.start()
    assert ask(postgres, "SELECT 1") == 1


def test_data_of_another_postgres_version_is_left_alone(make_postgres, state):
    postgres = make_postgres()
    postgres.start()
    postgres.stop()
    (state.folder / "postgres" / "PG_VERSION").write_text("13\n")
    with pytest.raises(CannotStart, match=r"was written by PostgreSQL 13, but this shop brings PostgreSQL \d+"):
        postgres.start()


def test_a_folder_that_is_no_cluster_is_left_alone(make_postgres, state):
    (state.folder / "postgres").mkdir()
    with pytest.raises(CannotStart, match="holds no complete PostgreSQL cluster"):
        make_postgres().start()


def test_a_first_start_that_was_cut_short_is_begun_again(make_postgres, state):
    half = state.folder / "postgres.new"
    half.mkdir()
    (half / "base").mkdir()
    postgres = make_postgres()
    postgres.start()
    assert ask(postgres, "SELECT 1") == 1
    assert not half.exists()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(make_postgres, state):
    postgres = make_postgres()
    postgres.start()
    postgres.stop()
    with (state.folder / "postgres" / "postgresql.conf").open("a") as config:
        config.write("no_such_setting = 1\n")
    with pytest.raises(CannotStart, match=r"(?s)PostgreSQL did not start.*no_such_setting") as refusal:
        postgres.start()
    assert str(state.logs / "postgres.log") in str(refusal.value)


def test_a_free_port_is_none_that_connections_are_given():
    """Such a port may belong to anybody's connection before the server that it was looked up for has started."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(50)}
    assert max(ports) < first
    assert len(ports) > 40  # two who look at once do not find the same
