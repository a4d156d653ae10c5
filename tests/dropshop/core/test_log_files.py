"""The log of a running program stays short, and no line is lost or torn when it is moved aside."""

import os
import sys
import threading

import psycopg
import pytest
import redis

from dropshop.core import log_files
from dropshop.core.log_files import FILES_KEPT, move_aside_if_full
from dropshop.machine.commands import BASE_DIR
from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.processes import ChildProcess, wait_until
from dropshop.machine.run import Supervisor
from tests.harness.patience import PATIENCE

LIMIT = 20_000  # bytes
LINES = 250  # of which each server writes so many that its log is moved aside more than once
PADDING = "x" * 100
# Writes numbered lines, through the log, by print() and by another thread's traceback, until it is asked to stop.
CHATTERBOX = """
import itertools, logging, os, threading, time
from dropshop.core import log_files
log_files.CHECK_EVERY = 0.01
from dropshop.core.logs import configure
configure({"level": "INFO", "form": "json"})
log = logging.getLogger("chatterbox")
print("here", flush=True)
for number in itertools.count():
    log.info("line %d %s", number, "x" * 100)
    os.write(1, b"raw %d\\n" % number)
    time.sleep(0.0005)
"""


def texts(log):
    """What stands in a log and its older ones, oldest first."""
    files = [log.with_name(f"{log.name}.{number}") for number in range(FILES_KEPT, 0, -1)] + [log]
    return [file.read_text() for file in files if file.exists()]


@pytest.fixture
def chatterbox(tmp_path):
    log = tmp_path / "web.log"
    env = os.environ | {log_files.VARIABLE: str(log)}
    child = ChildProcess("web", [sys.executable, "-c", CHATTERBOX], log=log, env=env, cwd=BASE_DIR, log_limit=LIMIT)
    yield child
    child.kill()


def numbers_after(texts, word):
    lines = "".join(texts).splitlines()
    return [int(line.partition(word)[2].split()[0]) for line in lines if word in line], lines


def test_the_log_of_a_running_process_is_moved_aside_and_loses_no_line(chatterbox, tmp_path):
    shop = Supervisor({"DROPSHOP_STATE": str(tmp_path / "state")})
    shop.children.append(chatterbox)
    chatterbox.start()
    moved = chatterbox.log.with_name("web.log.2")
    assert wait_until(lambda: shop._look_after_all() == [] and moved.exists(), PATIENCE)
    chatterbox.stop()
    for word in ('"event": "line ', "raw "):
        numbers, lines = numbers_after(texts(chatterbox.log), word)
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 2 * LIMIT / 300
    assert all(line.startswith(("raw ", "here")) or line.endswith("}") for line in lines[:-1])


def test_of_the_logs_moved_aside_only_the_newest_are_kept(tmp_path):
    log = tmp_path / "web.log"
    for number in range(FILES_KEPT + 3):
        log.write_text(f"{number}" * (LIMIT + 1))
        assert move_aside_if_full(log, LIMIT)
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"web.log.{number}" for number in range(1, FILES_KEPT + 1)]
    assert [text[0] for text in texts(log)] == [str(number) for number in range(3, FILES_KEPT + 3)]


def test_a_log_within_its_limit_stays_where_it_is(tmp_path):
    log = tmp_path / "web.log"
    assert not move_aside_if_full(log, LIMIT)
    log.write_text("x" * LIMIT)
    assert not move_aside_if_full(log, LIMIT)
    assert [file.name for file in tmp_path.iterdir()] == ["web.log"]


def test_a_command_on_a_terminal_leaves_the_log_alone(tmp_path):
    log = tmp_path / "web.log"
    threads = threading.active_count()
    log_files.follow(log)
    log.write_text("another's")
    log_files.follow(log)
    assert (threading.active_count(), log.read_text()) == (threads, "another's")


def test_the_log_of_postgres_is_moved_aside_and_loses_no_line(tmp_path):
    postgres = Postgres(tmp_path / "postgres", password="secret", logs=tmp_path, durable=False, log_limit=LIMIT)
    postgres.start()
    try:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            for number in range(LINES):
                connection.execute(f"DO $$ BEGIN RAISE LOG 'line %', {number}; END $$")
                postgres.child.keep_log_short()
    finally:
        postgres.stop()
    written = texts(postgres.child.log)
    assert numbers_after(written, "LOG:  line ")[0] == list(range(LINES))
    assert len(written) > 2
    assert max(map(len, written)) < 2 * LIMIT
    assert "database system is shut down" in written[-1]


def test_the_log_of_valkey_is_moved_aside_and_loses_no_line(tmp_path):
    valkey = Valkey(tmp_path / "valkey", password="secret", logs=tmp_path, durable=False, log_limit=LIMIT)
    valkey.start()
    try:
        client = redis.Redis.from_url(valkey.url)
        for number in range(LINES):
            client.eval(f"server.log(server.LOG_WARNING, 'line {number} {PADDING}')", 0)
            valkey.child.keep_log_short()
    finally:
        valkey.stop()
    written = texts(valkey.child.log)
    assert numbers_after(written, " line ")[0] == list(range(LINES))
    assert len(written) > 1
    assert max(map(len, written)) < 2 * LIMIT
