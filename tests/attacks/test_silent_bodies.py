"""Bodies that never come, come in part, or are not what their head says: acceptance 68.

The shop here waits five minutes for a body, so that what is fast is so although all of these are open.
"""

import select
import sys
from contextlib import ExitStack

import httpx
import pytest

from community.models import Member
from dropshop.core.clock import database_time
from dropshop.machine.commands import BASE_DIR
from dropshop.machine.processes import ChildProcess, free_port, wait_until
from dropshop.machine.run import answers
from reservations.models import Reservation
from reservations.passes.tokens import issue_pass
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import sign_in_all
from tests.make import ADDRESS, make_drop, make_member
from tests.shopper import Shopper

from .hostile import SILENCE, all_of, crowd, head, is_open, raw, status_of

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def shop(open_shops):
    env = {"DROPSHOP_LIMITS": UNLIMITED, "DROPSHOP_BODY_SECONDS": "300", "DROPSHOP_PER_ADDRESS": "3000"}
    with open_shops.borrowed(celery=(), env=env) as shop:
        yield shop


def pass_for(member, drop) -> str:
    (cookies,) = sign_in_all([member])
    return issue_pass(member, drop, cookies["sessionid"], at=database_time()).text


def everything_a_shopper_does(shop, drop) -> list[int]:
    """The status of a page, a static file, a probe, and of a pair held, bought and given back, at the desk and by the view."""
    holder, other = make_member(), make_member()
    with Shopper(shop.url, holder) as hers, Shopper(shop.url, other) as his:
        desk = {"X-Drop-Pass": pass_for(holder, drop)}
        page = hers.get(f"/drops/{drop.slug}/")
        static = hers.get("/static/js/clock.js")
        ready = hers.get("/readyz")
        held = hers.post(f"/api/v1/drops/{drop.pk}/reserve", json={}, headers=desk)
        path = f"/api/v1/reservations/{held.json()['reservation']['id']}/purchase"
        bought = hers.post(path, json={"address": ADDRESS, "payment_method": "test_ok"}, headers=desk)
        viewed = his.reserve(drop)
        given_back = his.delete(f"/api/v1/reservations/{viewed.json()['reservation']['id']}")
        return [answer.status_code for answer in (page, static, ready, held, bought, viewed, given_back)]


WELL = [200, 200, 200, 201, 201, 201, 204]


def silent_requests(shop, drop, count: int) -> list[bytes]:
    """To pages, forms, the API, the desk and the admin; with a length, or in chunks."""
    ticket = f"X-Drop-Pass: {pass_for(make_member(), drop)}"
    starts = [
        head("/accounts/login/", FORM, "Content-Length: 200") + b"x",
        head("/api/v1/users/login", JSON, "Content-Length: 200") + b"{",
        head(f"/api/v1/drops/{drop.pk}/reserve", JSON, ticket, "Content-Length: 200") + b"{",
        head(f"/api/v1/drops/{drop.pk}/reserve", JSON, "Transfer-Encoding: chunked") + b"1\r\n{\r\n",
        head("/", "Content-Length: 200", method="GET") + b"x",
        head("/static/js/clock.js", "Content-Length: 200", method="GET") + b"x",
        head("/readyz", "Content-Length: 200") + b"x",
        head("/admin/drops/drop/add/", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 5000000") + b"--b",
    ]
    return [starts[number % len(starts)] for number in range(count)]


@pytest.mark.parametrize("count", [10, 1000])
def test_68_connections_whose_bodies_never_come_keep_nobody_waiting(shop, count):
    drop = make_drop(10)
    with crowd(shop.ports[0], silent_requests(shop, drop, count)) as silent:
        assert everything_a_shopper_does(shop, drop) == WELL
        assert all(is_open(connection) for connection in silent)


def test_68_a_probe_waits_for_no_body_and_what_follows_is_not_taken_for_a_request(shop):
    with raw(shop.ports[0], head("/readyz", "Content-Length: 200", method="GET") + b"x") as connection:
        assert b"HTTP/1.1 200" in connection.recv(65_536)
        connection.sendall(head("/healthz", method="GET"))
        assert is_open(connection)
    assert httpx.get(f"{shop.url}/healthz", timeout=SILENCE).status_code == 200


def test_68_control_without_reading_bodies_first_ten_of_them_keep_everybody_waiting(shop):
    """The same pages behind an ordinary bridge, where a thread waits for the body."""
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "tests.attacks.waiting_threads:application", "--port", str(port))
    plain = ChildProcess("plain", command, log=shop.logs / "plain.log", env=shop.env, cwd=BASE_DIR)
    plain.start()
    try:
        assert wait_until(lambda: answers("127.0.0.1", port), PATIENCE)
        with ExitStack() as visitors:

            def is_kept_waiting() -> bool:
                visitor = visitors.enter_context(raw(port, head("/readyz", "Connection: close", method="GET")))
                return select.select([visitor], [], [], 1.0)[0] == []

            with crowd(port, [head("/accounts/login/", FORM, "Content-Length: 200") + b"x"] * 10):
                assert wait_until(is_kept_waiting, PATIENCE)
    finally:
        plain.stop()


def test_68_who_reads_no_answer_keeps_nobody_waiting(shop):
    drop = make_drop(10)
    asked = head("/static/vendor/world/world-2.0.2.json", method="GET") * 40
    with crowd(shop.ports[0], [asked] * 30):
        assert everything_a_shopper_does(shop, drop) == WELL


def test_a_body_that_breaks_off_is_no_body(shop):
    drop, member = make_drop(3), make_member()
    ticket = f"X-Drop-Pass: {pass_for(member, drop)}"
    name = "brokenoff"
    account = f'{{"username": "{name}", "email": "{name}@example.com", "password": "a-long-enough-passphrase"}}'.encode()
    for request in (
        head(f"/api/v1/drops/{drop.pk}/reserve", JSON, ticket, "Content-Length: 200") + b"{}",
        head(f"/api/v1/drops/{drop.pk}/reserve", JSON, ticket, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n",
        head("/api/v1/users/register", JSON, f"Content-Length: {len(account) + 1}") + account,
        head("/api/v1/users/register", JSON, "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n" % (len(account), account),
    ):
        with raw(shop.ports[0], request) as connection:
            connection.shutdown(1)
            assert all_of(connection) == b""
    assert everything_a_shopper_does(shop, drop) == WELL  # after those, in the same lines
    assert (Reservation.objects.filter(member=member).count(), Member.objects.filter(username=name).count()) == (0, 0)


def chunks(body: bytes) -> bytes:
    """The body in chunks of seven bytes."""
    return (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[at : at + 7] for at in range(0, len(body), 7)))
        + b"0\r\n\r\n"
    )


def asked_in_chunks(shop, path: str, body: bytes, *headers: str) -> bytes:
    with raw(
        shop.ports[0], head(path, "Transfer-Encoding: chunked", "Connection: close", *headers) + chunks(body)
    ) as connection:
        return all_of(connection)


def test_a_body_in_chunks_is_read_by_the_api_the_desk_and_pages(shop):
    drop, member = make_drop(3), make_member("inchunks")
    account = b'{"username": "chunky", "email": "chunky@example.com", "password": "a-long-enough-passphrase"}'
    assert status_of(asked_in_chunks(shop, "/api/v1/users/register", account, JSON)) == 201
    ticket = f"X-Drop-Pass: {pass_for(member, drop)}"
    assert status_of(asked_in_chunks(shop, f"/api/v1/drops/{drop.pk}/reserve", b'{"size": "nothing"}', JSON, ticket)) == 400
    assert status_of(asked_in_chunks(shop, f"/api/v1/drops/{drop.pk}/reserve", b"{}", JSON, ticket)) == 201
    (cookies,) = sign_in_all([member])
    cookie = f"Cookie: sessionid={cookies['sessionid']}; csrftoken={'c' * 32}"
    form = b"csrfmiddlewaretoken=" + b"c" * 32
    assert status_of(asked_in_chunks(shop, f"/drops/{drop.slug}/hold/", form, FORM, cookie)) == 303


@pytest.mark.parametrize(
    ("path", "size"),
    [("/api/v1/users/login", 1_048_577), ("/accounts/login/", 1_048_577), ("/api/v1/drops/{drop}/reserve", 4097)],
)
def test_a_body_in_chunks_may_be_as_large_as_any_other(shop, path, size):
    drop = make_drop(1)
    headers = {"X-Drop-Pass": pass_for(make_member(), drop), "Content-Type": "application/json"}
    parts = (b" " * min(65_536, size - at) for at in range(0, size, 65_536))
    answer = httpx.post(f"{shop.url}{path.format(drop=drop.pk)}", content=parts, headers=headers, timeout=SILENCE)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "framing",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: -2",),
        ("Content-Length: 2, 2",),
        ("Content-Length: +2",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: identity",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding : chunked",),
    ],
    ids=["both", "two-lengths", "negative", "list", "plus", "gzip", "identity", "twice", "list-of-chunked", "blank"],
)
@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/users/login", "/api/v1/drops/{drop}/reserve"])
def test_a_body_whose_length_can_be_read_in_two_ways_is_refused(shop, path, framing):
    drop = make_drop(1)
    ticket = f"X-Drop-Pass: {pass_for(make_member(), drop)}"
    request = head(path.format(drop=drop.pk), JSON, ticket, "Connection: close", *framing) + b"2\r\n{}\r\n0\r\n\r\n"
    with raw(shop.ports[0], request) as connection:
        assert status_of(all_of(connection)) == 400
    assert Reservation.objects.filter(drop=drop).count() == 0


def test_in_http_1_0_there_are_no_chunks(shop):
    request = head("/api/v1/users/login", JSON, "Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
    with raw(shop.ports[0], request + chunks(b"{}")) as connection:
        assert status_of(all_of(connection)) == 400
