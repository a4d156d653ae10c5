"""`make run`: opens, keeps its data, refuses in one sentence, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from dropshop import log_files
from dropshop.processes import REFUSED, VARIABLES, Child, Refused, die_with_parent, free_port, wait_until
from dropshop.run import BASE_DIR, Supervisor
from dropshop.unprivileged import can_unshare
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
            [*prefix, sys.executable, "-m", "dropshop.run", *arguments],
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


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A state folder that the tests of this module share, so that only the first start makes the tables."""
    return tmp_path_factory.mktemp("a shop's home") / "state"


@pytest.fixture
def run(home):
    """`run(...)` starts a supervisor; at the end of the test it is ended."""
    started = []

    def start(state=home, **options):
        started.append(Run(state, **options))
        return started[-1]

    yield start
    end_all(started)


def end_all(started):
    for one in started:
        one.process.kill()
        one.process.wait()
    for one in started:
        one.process.stdout.close()
        one.process.stderr.close()
        assert one.leaves_nothing()


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    """A shop that an ordinary user has opened, also where the suite is run by root; it stays open for several tests."""
    prefix = ORDINARY_USER if os.geteuid() == 0 else ()
    state = tmp_path_factory.mktemp("an ordinary user's") / "state"
    if prefix and prefix[0] == "setpriv":
        state.mkdir(mode=0o700)
        os.chown(state, 1234, 1234)
    shop = Run(state, prefix=prefix)
    try:
        shop.opened()
        yield shop
    finally:
        end_all([shop])


def test_one_line_says_where_the_shop_is_and_who_may_sign_in(run):
    shop = run(DROPSHOP_DEMO="1", DROPSHOP_DEMO_PASSWORD="sesame")
    line = shop.opened()
    address = f"http://127.0.0.1:{shop.port}/"
    assert line == f"The shop is open: {address}   sign in as alice, bob or staff, password: sesame\n"
    assert httpx.get(address, timeout=60).status_code == 200
    assert shop.end() == ("", "")
    assert shop.process.returncode == 0
    assert shop.leaves_nothing()


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_finds_the_data(run, home):
    shop = run()
    shop.opened()
    who = "from community.models import Member as M; "
    assert shop.manage(f"{who}M.objects.create(username='dora'); print(M.objects.filter(username='dora').count())") == "1"
    secrets = (home / "secrets.json").read_text()
    assert len(shop.processes()) > 6
    shop.end(signal.SIGKILL)
    assert shop.leaves_nothing()
    again = run()
    again.opened()
    assert again.manage(f"{who}print(M.objects.filter(username='dora').count())") == "1"
    assert (home / "secrets.json").read_text() == secrets


def test_an_ordinary_user_opens_the_shop_as_root_does(ordinary):
    assert _answer(ordinary.port) == 200


def test_only_the_owner_may_read_the_secrets_and_the_addresses(ordinary):
    state = ordinary.state
    assert state.stat().st_mode & 0o777 == 0o700
    assert {(state / name).stat().st_mode & 0o777 for name in ("secrets.json", "services.json")} == {0o600}
    assert set(json.loads((state / "services.json").read_text())) == {"DATABASE_URL", "REDIS_URL"}


def test_a_second_shop_with_the_same_state_folder_is_refused(ordinary):
    assert Run(ordinary.state).refused() == (
        f"A shop is already running with the state folder {ordinary.state} (process {ordinary.process.pid}); stop it first, or "
        "set DROPSHOP_STATE to another folder.\n"
    )
    assert _answer(ordinary.port) == 200


def test_logs_that_have_become_too_long_are_moved_aside_while_the_shop_runs(ordinary):
    logs = [ordinary.state / "logs" / f"{name}.log" for name in ("web", "worker", "reader", "sweeper", "beat")]
    for log in logs:
        with log.open("a") as file:
            file.write("x" * log_files.LIMIT + "\n")
    assert wait_until(lambda: all(log.with_name(f"{log.name}.1").exists() and log.exists() for log in logs), PATIENCE)
    assert httpx.get(f"http://127.0.0.1:{ordinary.port}/no-such-page/", timeout=60).status_code == 404
    assert [log.name for log in logs if "GET /no-such-page/" in log.read_text()] == ["web.log"]


def test_processes_that_die_are_started_again(ordinary):
    for word in ("uvicorn", "valkey-server", "expiry"):
        (victim,) = [pid for pid in ordinary.processes() if word in Path(f"/proc/{pid}/cmdline").read_text()]
        os.kill(victim, signal.SIGKILL)
        assert "ended by itself (exit code -9) and starts again in" in ordinary.process.stderr.readline()
    assert wait_until(lambda: _answer(ordinary.port) == 200, PATIENCE)


def _answer(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=60).status_code
    except httpx.TransportError:
        return None


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing(run, tmp_path):
    shop = run(tmp_path / "fresh")
    assert wait_until((tmp_path / "fresh" / "logs" / "migrate.log").exists, PATIENCE)
    assert shop.end(signal.SIGINT) == ("", "")
    assert shop.process.returncode == 0
    assert shop.leaves_nothing()


def test_the_shop_closes_when_the_make_that_started_it_is_killed(run, home):
    parent = subprocess.Popen(["sleep", "600"])
    shop = run(arguments=["--parent", str(parent.pid)])  # not its parent: as if make had died in the meantime
    out, _ = shop.process.communicate(timeout=PATIENCE)
    assert (shop.process.returncode, out) == (0, "")
    parent.kill()
    parent.wait()


def test_a_taken_port_is_said_in_one_sentence(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(tmp_path / "state", PORT=str(port)).refused() == (
            f"The shop cannot listen on 127.0.0.1 port {port} (Address already in use); choose another, as in: "
            "make run PORT=8001\n"
        )


@pytest.mark.parametrize("port", ["eighty", "-1", "70000"])
def test_a_port_that_is_none_is_said_in_one_sentence(run, tmp_path, port):
    assert run(tmp_path / "state", PORT=port).refused() == f"PORT is a number from 1 to 65535, not {port!r}.\n"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DROPSHOP_ENV", "production", "The shop does not start, because this is not safe:\n  - SECURE_SSL_REDIRECT is on"),
        ("DROPSHOP_PROXIES", "one", "DROPSHOP_PROXIES is 'one', but must be a whole number from 0 up, such as 0.\n"),
    ],
    ids=["unsafe", "unreadable"],
)
def test_a_refused_start_has_changed_nothing(run, tmp_path, name, value, says):
    assert run(tmp_path / "state", **{name: value}).refused(REFUSED).startswith(says)
    assert not (tmp_path / "state").exists()


def test_a_process_that_refuses_is_not_started_again_however_slowly_it_died(tmp_path, capsys):
    shop = Supervisor({"DROPSHOP_STATE": str(tmp_path)})
    child = Child(
        "web", [sys.executable, "-c", f"print('PORT is odd.'); raise SystemExit({REFUSED})"], log=tmp_path / "web.log"
    )
    child.start()
    child.process.wait()
    child.started_at -= 3600
    shop.children.append(child)
    with pytest.raises(Refused, match=r"^PORT is odd\.$"):
        shop._look_after_all()


def test_a_process_may_open_as_many_files_as_the_machine_allows():
    code = """
import resource
from dropshop.processes import raise_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048))
print(raise_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout
    assert said == "2048 2048 2048\n"


def test_a_shop_that_never_opened_gives_up_however_slowly_its_processes_die(tmp_path, capsys):
    shop = Supervisor({"DROPSHOP_STATE": str(tmp_path)})
    child = Child("web", [sys.executable, "-c", "raise SystemExit(1)"], log=tmp_path / "web.log")
    shop.children.append(child)
    for _ in range(2):
        child.start()
        child.process.wait()
        child.started_at -= 3600
        shop.due.clear()
        assert shop._look_after_all() == [child]
    assert shop.deaths == {"web": 2}
    assert capsys.readouterr().err.splitlines()[1].endswith(f"starts again in 2 s; see {tmp_path}/web.log")


def test_a_file_in_place_of_the_state_folder_is_said_in_one_sentence(run, tmp_path):
    (tmp_path / "state").write_text("a file")
    assert run(tmp_path / "state").refused() == (
        f"The state folder {tmp_path}/state cannot be used: {tmp_path}/state is not a folder.\n"
    )
    assert run(tmp_path / "state" / "below").refused().endswith("is not a folder.\n")


def test_a_state_folder_without_the_right_to_write_is_said_in_one_sentence(run, tmp_path):
    (tmp_path / "state").mkdir(mode=0o500)
    prefix = ("unshare", "--user", "--map-user=1234", "--map-group=1234") if os.geteuid() == 0 else ()
    assert run(tmp_path / "state", prefix=prefix).refused() == (
        f"The state folder {tmp_path}/state cannot be written: Permission denied.\n"
    )


def test_data_without_its_secrets_is_not_touched(run, tmp_path):
    (tmp_path / "state" / "postgres").mkdir(parents=True)
    refusal = run(tmp_path / "state").refused()
    assert refusal == (
        f"{tmp_path}/state/secrets.json is missing, and the data beside it cannot be read without; put it back from a backup.\n"
    )
    assert not (tmp_path / "state" / "secrets.json").exists()
