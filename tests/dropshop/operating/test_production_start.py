"""The containers' own web command in production, with the values of docker-compose.yml, on the servers of a test."""

import base64
import os
import re
import secrets
import subprocess
import sys

import httpx
import pytest
import yaml

from dropshop.machine.commands import BASE_DIR
from dropshop.machine.processes import ChildProcess, free_port, wait_until
from tests.harness.patience import PATIENCE
from tests.make import make_drop

HOST = "shop.example.com"
# What .env must say, and what it says besides to have two processes.
DOT_ENV = {
    "SHOP_HOST": HOST,
    "SECRET_KEY": secrets.token_urlsafe(64),
    "DROPSHOP_FIELD_KEYS": f"2026:{base64.b64encode(os.urandom(32)).decode()}",
    "DEFAULT_FROM_EMAIL": f"shop@{HOST}",
    "EMAIL_HOST": "mail.example.com",
    "POSTGRES_PASSWORD": "unused",
    "REDIS_PASSWORD": "unused",
}


def filled_in(text):
    """As compose fills in ${NAME}, ${NAME:-default} and ${NAME:?why}, from the inside out."""
    pattern = re.compile(r"\$\{([A-Z_]+)(?::[-?]([^${}]*))?\}")
    while pattern.search(text):
        text = pattern.sub(lambda found: DOT_ENV.get(found[1]) or ("" if ":?" in found[0] else found[2] or ""), text)
    return text


@pytest.fixture(scope="module")
def started(shop, tmp_path_factory):
    """The service `web`, with collected files, until it answers: its address."""
    service = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]["web"]
    env = {name: filled_in(str(value)) for name, value in service["environment"].items()}
    state = tmp_path_factory.mktemp("state")
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    servers = {"DATABASE_URL": shop.env["DATABASE_URL"], "REDIS_URL": shop.env["REDIS_URL"]}
    env = passed_on | env | servers | {"DROPSHOP_STATE": str(state), "PYTHONUNBUFFERED": "1"}
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, check=True, cwd=BASE_DIR, env=env | {"DROPSHOP_ENV": "demo"})
    words = [sys.executable if word == "python" else filled_in(word) for word in service["command"]]
    port = free_port()
    command = [word.replace("--host=0.0.0.0", "--host=127.0.0.1") for word in words] + [f"--port={port}"]
    child = ChildProcess("web", command, log=state / "web.log", env=env, cwd=BASE_DIR)
    child.start()
    url = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: _is_alive(url) or not child.alive, PATIENCE), child.last_words()
        assert child.alive, child.last_words()
        yield url
    finally:
        child.stop()


def _is_alive(url):
    try:
        return httpx.get(f"{url}/healthz", timeout=PATIENCE).status_code == 200
    except httpx.TransportError:
        return False


BROWSER = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Accept-Encoding": "gzip"}


def test_the_containers_web_command_serves_pages_in_production(shop, started):
    drop = make_drop(1, title="Bell Runner")
    assert httpx.get(f"{started}/healthz", timeout=PATIENCE).json() == {"status": "alive"}
    page = httpx.get(f"{started}/", headers=BROWSER, timeout=PATIENCE)
    assert (page.status_code, drop.title in page.text) == (200, True)
    (style,) = re.findall(r'href="(/static/css/app\.[0-9a-f]{12}\.css)"', page.text)
    answer = httpx.get(f"{started}{style}", headers=BROWSER, timeout=PATIENCE)
    told = [answer.headers[name] for name in ("Content-Encoding", "Cache-Control")]
    assert (answer.status_code, told) == (200, ["gzip", "max-age=315360000, public, immutable"])
    assert httpx.get(f"{started}/readyz", headers=BROWSER, timeout=PATIENCE).json().keys() == {"status"}


def test_pages_go_out_compressed_and_no_two_are_equally_long(shop, started):
    make_drop(1)
    plain = httpx.get(f"{started}/", headers=BROWSER | {"Accept-Encoding": "identity"}, timeout=PATIENCE)
    pages = [httpx.get(f"{started}/", headers=BROWSER, timeout=PATIENCE) for _ in range(12)]
    assert ("Content-Encoding" in plain.headers, {page.headers["Content-Encoding"] for page in pages}) == (False, {"gzip"})
    assert {"accept-encoding" in page.headers["Vary"].lower() for page in pages} == {True}
    lengths = {int(page.headers["Content-Length"]) for page in pages}
    assert (len(lengths) > 1, max(lengths) * 2 < len(plain.content)) == (True, True)


def test_no_shop_is_preloaded_by_default(shop, started):
    page = httpx.get(f"{started}/", headers=BROWSER, timeout=PATIENCE)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    plain = httpx.get(f"{started}/", headers={"Host": HOST}, timeout=PATIENCE)
    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/")
