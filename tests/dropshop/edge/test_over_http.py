"""Limits, intake and probes over real HTTP, on real processes: acceptance 37 and 40."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Barrier

import httpx
import pytest

from dropshop.core.clock import database_time
from reservations.passes.tokens import issue_pass
from tests.harness.patience import PATIENCE
from tests.harness.shoppers import sign_in_all
from tests.make import make_drop, make_member
from tests.shopper import Shopper

# Refilled so slowly that what is let through within a test is the amount itself. Each test has a limit to itself.
LIMITS = {
    "reserve": {"member": "10/1d", "address": "40/1d"},
    "sign-in": {"account": "10/1d", "address": "1000/1d"},
    "sign-up": {"account": "5/1d", "address": "7/1d"},
}


@pytest.fixture(scope="module")
def shop(open_shops):
    env = {"DROPSHOP_LIMITS": json.dumps(LIMITS), "LIMITS_PATIENCE": "5"}
    with open_shops.borrowed(webs=2, celery=(), env=env) as shop:
        yield shop


def thirty_at_once(asks):
    """How often each status came, when thirty threads ask at the same moment."""
    barrier = Barrier(30)

    def one(ask):
        barrier.wait()
        return ask().status_code

    with ThreadPoolExecutor(30) as threads:
        return Counter(threads.map(one, [ask for _, ask in zip(range(30), cycle(asks), strict=False)]))


def test_40_thirty_reserves_at_once_over_two_processes_are_limited_exactly(shop):
    drop, alice, bob = make_drop(5), make_member(), make_member()
    with Shopper(shop.urls[0], alice) as one, Shopper(shop.urls[1], alice) as other:
        codes = thirty_at_once([lambda: one.reserve(drop), lambda: other.reserve(drop)])
        refused = one.reserve(drop)
    assert codes == {201: 1, 200: 9, 429: 20}
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 8000
    with Shopper(shop.url, bob) as neighbour:  # behind the same address, which alice's 21 refusals did not drain
        assert neighbour.reserve(drop).status_code == 201


def test_40_thirty_requests_at_the_desks_of_two_processes_are_limited_exactly(shop):
    drop, alice, bob = make_drop(5), make_member(), make_member()
    (session, neighbours) = (cookies["sessionid"] for cookies in sign_in_all([alice, bob]))
    text, other = (issue_pass(who, drop, key, at=database_time()).text for who, key in ((alice, session), (bob, neighbours)))

    def reserve(url, ticket=text):
        address = f"{url}/api/v1/drops/{drop.pk}/reserve"
        return httpx.post(address, json={}, headers={"X-Drop-Pass": ticket}, timeout=60)

    codes = thirty_at_once([lambda: reserve(shop.urls[0]), lambda: reserve(shop.urls[1])])
    refused = reserve(shop.url)
    assert codes == {201: 1, 200: 9, 429: 20}
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 8000
    assert reserve(shop.url, other).status_code == 201


def test_40_thirty_sign_ins_at_once_are_limited_exactly_by_account(shop):
    member = make_member()

    def guess(url):
        return httpx.post(f"{url}/api/v1/users/login", json={"username": member.username, "password": "wrong"}, timeout=60)

    codes = thirty_at_once([lambda: guess(shop.urls[0]), lambda: guess(shop.urls[1])])
    assert codes == {401: 10, 429: 20}


def sign_up(url, number, **headers):
    body = {"username": f"newcomer{number}", "email": f"newcomer{number}@example.com", "password": "a-long-enough-passphrase"}
    return httpx.post(f"{url}/api/v1/users/register", json=body, headers=headers, timeout=60).status_code


def test_37_forged_addresses_of_every_kind_land_in_the_same_bucket(shop):
    forged = (
        "X-Forwarded-For",
        "X_Forwarded_For",
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
    )
    codes = [sign_up(shop.url, number, **{forged[number % 7]: f"198.51.100.{number}"}) for number in range(20)]
    assert codes == [201] * 7 + [429] * 13


def test_37_behind_one_trusted_proxy_only_the_proxys_own_entry_counts(open_shop):
    shop = open_shop(celery=(), env={"DROPSHOP_LIMITS": json.dumps(LIMITS), "LIMITS_PATIENCE": "5", "DROPSHOP_PROXIES": "1"})
    forged = [
        sign_up(shop.url, n, **{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7", "X_Forwarded_For": "10.9.8.7"})
        for n in range(15)
    ]
    assert forged == [201] * 7 + [429] * 8
    assert sign_up(shop.url, 99, **{"X-Forwarded-For": "203.0.113.8"}) == 201


def test_ten_megabytes_get_their_answer_although_nobody_reads_them(shop):
    answer = httpx.post(
        f"{shop.url}/api/v1/users/login",
        content=b"x" * 10_000_000,
        headers={"Content-Type": "application/json"},
        timeout=PATIENCE,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_ten_megabytes_in_chunks_without_a_length_are_not_taken_in(shop):
    chunks = (b"x" * 100_000 for _ in range(100))
    answer = httpx.post(
        f"{shop.url}/api/v1/users/login", content=chunks, headers={"Content-Type": "application/json"}, timeout=PATIENCE
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        (b"GET /?q=\xff\xfe HTTP/1.1", b"HTTP/1.1 400"),
        (b"GET /?q=%ff%fe HTTP/1.1", b"HTTP/1.1 200"),
        (b"GET /drops/%00/ HTTP/1.1", b"HTTP/1.1 400"),
        (b"GET /?q=%00 HTTP/1.1", b"HTTP/1.1 400"),
        (b"GET /%ff%fe HTTP/1.1", b"HTTP/1.1 404"),
        (b"GET /healthz HTTP/1.1", b"HTTP/1.1 200"),
    ],
)
def test_raw_bytes_in_the_request_line_never_give_a_5xx(shop, request_line, expected):
    with socket.create_connection(("127.0.0.1", shop.ports[0])) as raw:
        raw.sendall(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert raw.recv(1000)[: len(expected)] == expected


def test_the_processes_log_one_json_line_per_request_without_the_member_in_it(shop):
    member = make_member("canary")
    with Shopper(shop.url, member, headers={"X-Request-ID": "trace-of-this-test"}) as shopper:
        assert shopper.get("/orders/").headers["X-Request-ID"] == "trace-of-this-test"
        shopper.post("/api/v1/users/login", json={"username": "canary", "password": "canary-password"})
    text = (shop.logs / "web1.log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["code"] for line in lines if line.get("request_id") == "trace-of-this-test"] == [200, 401]
    assert "canary" not in text
