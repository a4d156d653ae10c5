"""The proxy in front of the containers: Caddy itself, with deploy/Caddyfile, before two servers that say what reached them."""

import os
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from dropshop.machine.commands import BASE_DIR
from dropshop.machine.processes import ChildProcess, free_port, wait_until
from tests.harness.patience import PATIENCE

CADDY = Path(sys.executable).parent / "caddy"
SECONDS = 1  # for heads that do not come


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Its port on 127.0.0.1."""
    folder = tmp_path_factory.mktemp("proxy")
    ports = {name: free_port() for name in ("live", "web", "admin", "proxy")}
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    env = plain | {
        "SHOP_HOST": f"http://127.0.0.1:{ports['proxy']}",
        "LIVE": f"127.0.0.1:{ports['live']}",
        "WEB": f"127.0.0.1:{ports['web']}",
        "CADDY_ADMIN": f"127.0.0.1:{ports['admin']}",
        "PROXY_HEAD": f"{SECONDS}s",
    }
    commands = {
        name: [sys.executable, "-m", "uvicorn", "tests.dropshop.operating.upstream:application", "--port", str(ports[name])]
        for name in ("live", "web")
    } | {"proxy": [CADDY, "run", "--config", BASE_DIR / "deploy/Caddyfile", "--adapter", "caddyfile"]}
    children = {
        name: ChildProcess(name, command, log=folder / f"{name}.log", env=env | {"NAME": name}, cwd=BASE_DIR)
        for name, command in commands.items()
    }
    try:
        for child in children.values():
            child.start()
        for path in ("/", "/ws/live/"):
            assert wait_until(lambda path=path: answers(ports["proxy"], path), PATIENCE), children["proxy"].last_words()
        yield ports["proxy"]
    finally:
        for child in children.values():
            child.stop()


def answers(port, path):
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE).status_code == 200
    except httpx.TransportError:
        return False


def ask(port, path="/", method="GET", **options):
    return httpx.request(method, f"http://127.0.0.1:{port}{path}", timeout=PATIENCE, **options)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "web"),
        ("/api/v1/drops/one", "web"),
        ("/api/v1/drops/one/reserve", "live"),
        ("/api/v1/reservations/one/purchase", "live"),
        ("/ws/live/", "live"),
        ("/metrics", "web"),
        ("/config/", "web"),
        ("/debug/pprof/", "web"),
    ],
)
def test_who_answers_what_and_nothing_is_the_proxys_own(proxy, path, name):
    told = ask(proxy, path).json()
    assert (told["name"], told["path"]) == (name, path)


FORGED = {
    "X-Forwarded-For": "203.0.113.1, 10.0.0.1",
    "X_Forwarded_For": "203.0.113.2",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


def test_nobody_says_whose_address_it_is(proxy):
    answer = ask(proxy, headers=FORGED)
    told = answer.json()["headers"]
    said = {name: value for name, value in told if "forwarded" in name}
    assert said == {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": f"127.0.0.1:{proxy}",
    }
    assert answer.headers["Strict-Transport-Security"] == "max-age=1", "what the shop says is passed on"


def test_a_body_is_as_large_as_a_form_with_a_picture_and_no_larger(proxy):
    most = 8 * 1_048_576
    assert ask(proxy, method="POST", content=b"x" * most).json()["length"] == most
    assert ask(proxy, method="POST", content=b"x" * (most + 1)).status_code == 413


def said_to(proxy, words):
    """The first that the proxy answers to these bytes; nothing where it hangs up."""
    with socket.create_connection(("127.0.0.1", proxy), timeout=PATIENCE) as line:
        line.sendall(words)
        return line.recv(4096)


def test_whoever_sends_no_head_is_hung_up_on(proxy):
    begun = time.monotonic()
    said_to(proxy, b"GET / HTTP/1.1\r\nHost: ")
    assert time.monotonic() - begun >= SECONDS * 0.9


@pytest.mark.parametrize("path", ["/", "/api/v1/drops/one/reserve"])
def test_a_body_that_stays_away_reaches_the_shop_whose_deadline_ends_it(proxy, path):
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{proxy}\r\nContent-Length: 100\r\n\r\nhalf"
    assert said_to(proxy, head.encode()).startswith(b"HTTP/1.1 408 ")


def test_a_socket_passes(proxy):
    with connect(f"ws://127.0.0.1:{proxy}/ws/live/", open_timeout=PATIENCE) as line:
        line.send("hello")
        assert line.recv(timeout=PATIENCE) == "live: hello"
