"""docker-compose.yml and the Dockerfile: every setting arrives, nothing grows without end, and the numbers fit together."""

import re
import subprocess

import pytest
import yaml

from dropshop.machine.commands import BASE_DIR
from dropshop.machine.embedded import postgres_programs

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
SHOP = [name for name, service in COMPOSE.items() if service.get("image") == "dropshop"]
# Where the containers decide for themselves: the port and the folder of the image.
OWN = {"PORT", "HOST", "DROPSHOP_STATE"}
RESERVE = 20  # connections for whoever looks after the database: psql, the audit, a backup


def documented():
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", (BASE_DIR / "docs/running.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def read_by_settings():
    files = (BASE_DIR / "dropshop/settings").glob("*.py")
    return {name for file in files for name in re.findall(r"""env\w*\(\s*"([A-Z_]*[A-Z])\"""", file.read_text())}


def default(value):
    """As compose fills it in where .env says nothing."""
    return re.sub(r"\$\{[A-Z_]+:-([^${}]*)\}", r"\1", str(value))


def test_what_settings_read_is_documented_and_the_other_way_round():
    assert documented() - read_by_settings() == {"PORT", "HOST"}
    assert read_by_settings() - documented() == set()


@pytest.mark.parametrize("service", SHOP)
def test_every_documented_variable_reaches_every_process(service):
    given = COMPOSE[service]["environment"]
    assert documented() - OWN - set(given) == set()
    decided = {"DATABASE_URL", "REDIS_URL", "DROPSHOP_ENV", "DATABASE_POOL"}
    assert {name for name in given if f"${{{name}:" not in str(given[name])} <= decided


def test_the_database_takes_the_connections_of_all_processes():
    (most,) = re.findall(r"max_connections=(\d+)", default(COMPOSE["db"]["command"][-1]))
    pools = {name: int(default(COMPOSE[name]["environment"]["DATABASE_POOL"])) for name in SHOP}
    several = {name: int(default(COMPOSE[name]["command"][-1]).removeprefix("--processes=")) for name in ("web", "live")}
    processes = dict.fromkeys(SHOP, 1) | several
    assert sum(pools[name] * processes[name] for name in SHOP) + RESERVE <= int(most)


@pytest.mark.parametrize(("service", "threads"), [("worker", 8), ("reader", 4), ("mailer", 2), ("sweeper", 1)])
def test_every_thread_of_a_worker_has_a_connection(service, threads):
    command = COMPOSE[service]["command"]
    assert int(command[command.index("-c") + 1]) == threads if "-c" in command else threads == 1
    assert int(COMPOSE[service]["environment"]["DATABASE_POOL"]) > threads


def test_make_run_and_the_containers_bring_the_same_postgresql():
    ours = subprocess.run([postgres_programs() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"postgres:(\d+)", COMPOSE["db"]["image"])[1] == re.search(r"\) (\d+)", ours)[1]
    assert COMPOSE["db"]["volumes"] == ["db:/var/lib/postgresql"], "where the image keeps its data since 18"


@pytest.mark.parametrize("service", COMPOSE)
def test_logs_and_memory_have_an_end(service):
    assert COMPOSE[service]["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert re.fullmatch(r"\d+[mg]", COMPOSE[service]["mem_limit"])


def test_images_have_a_version():
    images = [service["image"] for name, service in COMPOSE.items() if name not in SHOP]
    images += re.findall(r"^FROM (\S+)", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []


def test_http_3_has_its_port():
    assert COMPOSE["proxy"]["ports"] == ["80:80", "443:443", "443:443/udp"]
