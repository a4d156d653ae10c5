"""`make run`: opens, keeps its data, refuses in one sentence, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from dropshop.core import log_files
from dropshop.machine.commands import BASE_DIR
from dropshop.machine.processes import REFUSED, ChildProcess, StartRefused, wait_until
from dropshop.machine.run import Supervisor
from tests.harness.patience import PATIENCE

from .running import Home, Run, end_all

# A first start makes a cluster, all tables and the demo, which is minutes of a busy machine.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def run(tmp_path):
    """`run(...)` starts a supervisor; at the end of the test it is ended."""
    started = []

    def start(state=tmp_path / "state", **options):
        started.append(Run(state, **options))
        return started[-1]

    yield start
    end_all(started)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("an ordinary user's home") / "state")
    try:
        yield home
    finally:
        end_all(home.shops)


@pytest.fixture
def ordinary(home):
    """The shop that the tests of this module share."""
    return home.open()


def test_one_line_says_where_the_shop_is_and_who_may_sign_in(ordinary):
    address = f"http://127.0.0.1:{ordinary.port}/"
    assert ordinary.line == f"The shop is open: {address}   sign in as alice, bob or staff, password: sesame\n"
    assert httpx.get(address, timeout=60).status_code == 200


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_finds_the_data(home):
    shop = home.open()
    who = "from community.models import Member as M; "
    assert shop.manage(f"{who}M.objects.create(username='dora'); print(M.objects.filter(username='dora').count())") == "1"
    secrets = (shop.state / "secrets.json").read_text()
    assert len(shop.processes()) > 6
    shop.end(signal.SIGKILL)
    assert shop.leaves_nothing()
    again = home.open()
    assert again.manage(f"{who}print(M.objects.filter(username='dora').count())") == "1"
    assert (shop.state / "secrets.json").read_text() == secrets


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
    logs = [ordinary.state / "logs" / f"{name}.log" for name in ("web", "worker", "reader", "mailer", "sweeper", "beat")]
    for log in logs:
        with log.open("a") as file:
            file.write("x" * log_files.MAX_LOG_BYTES + "\n")
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


def test_a_shop_that_is_asked_to_end_ends_well_and_leaves_nothing(ordinary):
    assert ordinary.end()[0] == ""
    assert ordinary.process.returncode == 0
    assert ordinary.leaves_nothing()


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing(run, tmp_path):
    shop = run(tmp_path / "fresh")
    assert wait_until((tmp_path / "fresh" / "logs" / "migrate.log").exists, PATIENCE)
    assert shop.end(signal.SIGINT) == ("", "")
    assert shop.process.returncode == 0
    assert shop.leaves_nothing()


def test_the_shop_closes_when_the_make_that_started_it_is_killed(run):
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
    child = ChildProcess(
        "web", [sys.executable, "-c", f"print('PORT is odd.'); raise SystemExit({REFUSED})"], log=tmp_path / "web.log"
    )
    child.start()
    child.process.wait()
    child.started_at -= 3600
    shop.children.append(child)
    with pytest.raises(StartRefused, match=r"^PORT is odd\.$"):
        shop._look_after_all()


def test_a_process_may_open_as_many_files_as_the_machine_allows():
    code = """
import resource
from dropshop.machine.processes import raise_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048))
print(raise_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout
    assert said == "2048 2048 2048\n"


def test_a_shop_that_never_opened_gives_up_however_slowly_its_processes_die(tmp_path, capsys):
    shop = Supervisor({"DROPSHOP_STATE": str(tmp_path)})
    child = ChildProcess("web", [sys.executable, "-c", "raise SystemExit(1)"], log=tmp_path / "web.log")
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
