"""The socket's manners: whose pages may open it, what it understands, and how it answers everything else."""

import json
from contextlib import suppress

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropshop.core.errors import Forbidden
from dropshop.core.live import snapshots
from dropshop.core.live.origin import Handshake, is_known_origin
from dropshop.core.live.socket import BURST, MAX_DROPS, MESSAGE_MAX_LENGTH, Expelled, RequestRefused, _parse
from tests.harness.patience import until

from .browsers import HOST, Shelf

# -- whose pages


def handshake(origin: str | None, *, host: str = HOST, scheme: str = "ws", **headers: str) -> Handshake:
    pairs = [(b"host", host.encode())] + ([(b"origin", origin.encode("latin-1"))] if origin is not None else [])
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Handshake({"type": "websocket", "scheme": scheme, "headers": pairs, "server": ("127.0.0.1", 8000)})


@pytest.fixture
def _our_hosts(settings):
    settings.ALLOWED_HOSTS = [HOST, "shop.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://partner.example", "https://*.shop.example"]


@pytest.mark.usefixtures("_our_hosts")
@pytest.mark.parametrize(
    ("known", "origin", "how"),
    [
        (True, f"http://{HOST}", {}),
        (True, f"http://{HOST}:8000", {"host": f"{HOST}:8000"}),
        (True, "https://shop.example", {"host": "shop.example", "scheme": "wss"}),
        (True, "https://partner.example", {}),
        (True, "https://www.shop.example", {}),
        (False, None, {}),
        (False, "", {}),
        (False, "null", {}),
        (False, "http://evil.example", {}),
        (False, f"http://{HOST}:8001", {"host": f"{HOST}:8000"}),
        (False, f"https://{HOST}", {}),
        (False, f"http://{HOST}.evil.example", {}),
        (False, f"http://evil.example/{HOST}", {}),
        (False, "http://partner.example", {}),
        (False, "https://notshop.example", {}),
        (False, "http://evil.example", {"host": "evil.example"}),
        (False, "http://[", {}),
        (False, "http://\xff", {}),
        (False, f"http://{HOST}, http://evil.example", {}),
    ],
)
def test_only_pages_of_the_shop_and_of_trusted_origins_may_open_a_socket(known, origin, how):
    assert is_known_origin(handshake(origin, **how)) is known


@pytest.mark.usefixtures("_our_hosts")
def test_behind_a_proxy_that_ends_tls_the_page_is_a_secure_one(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert is_known_origin(handshake("https://shop.example", host="shop.example", x_forwarded_proto="https"))
    assert not is_known_origin(handshake("http://shop.example", host="shop.example", x_forwarded_proto="https"))


@pytest.mark.usefixtures("_our_hosts")
def test_a_header_with_an_underscore_does_not_pass_for_the_proxys(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.CSRF_TRUSTED_ORIGINS = []
    forged = handshake("https://shop.example", host="shop.example")
    forged_scope = forged._scope | {"headers": [*forged._scope["headers"], (b"x_forwarded_proto", b"https")]}

    assert not is_known_origin(Handshake(forged_scope))


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
async def test_a_foreign_or_missing_origin_is_refused_before_the_socket_opens(browse, live, origin):
    """34."""
    assert (await browse(origin=origin).open()).status == 403
    assert live.hub.viewers == set()


# -- what it understands


async def test_a_drop_can_be_joined_by_slug_and_by_id_and_left_again(browse, shelf, live):
    browser = await browse().open()
    assert (await browser.join(shelf.slug))["drop"] == shelf.drop
    assert (await browser.join(shelf.drop.upper()))["drop"] == shelf.drop

    browser.say({"type": "leave-drop", "drop": shelf.slug})
    live.hub.take(shelf.change("9", 1))
    await until(lambda: browser.of("stock-updated"))  # still joined by its id
    browser.say({"type": "leave-drop", "drop": shelf.drop.upper()})
    browser.say({"type": "leave-drop", "drop": "never joined"})
    await browser.asked_and_answered()

    assert live.hub.rooms == {}
    assert browser.errors() == []


async def test_joining_again_gives_a_snapshot_no_older_than_what_was_told(browse, shelf, live):
    browser = await browse().open()
    await browser.join(shelf.drop)
    live.hub.take(fact_ahead := shelf.change("9", 6))
    await until(lambda: browser.versions("9")[-1] == 6)
    shelf.change("9", 2)  # a snapshot from a replica that lags
    live.hub._snapshots.forget(shelf.drop)  # so that the next one asks again

    await browser.join(shelf.drop)

    assert browser.versions("9") == [0, fact_ahead["version"], 6]


async def test_a_ping_tells_the_servers_time_by_the_databases_clock(browse, shelf):
    browser = await browse().open()
    await browser.join(shelf.drop)
    await browser.asked_and_answered()

    assert browser.of("pong")[0]["server_time"].startswith("2030-01-01T12:00:0")


@pytest.mark.parametrize(
    "ref", ["no-such-drop", "00000000-0000-0000-0000-000000000000", "", "x" * 4000, "\x00", "\ud800", "9 ½ ✓"]
)
async def test_an_unknown_drop_is_not_found(browse, live, ref):
    browser = await browse().open()
    browser.say({"type": "join-drop", "drop": ref})
    await until(browser.errors)

    assert browser.of("error")[0] | {"code": "not_found", "drop": ref} == browser.of("error")[0]
    assert live.hub.rooms == {}


async def test_a_drop_that_is_forbidden_says_so(browse, monkeypatch):
    def forbidden(ref, *, viewer=None):
        raise Forbidden("Sign in to see this drop.")

    monkeypatch.setattr(snapshots.source, "filled", forbidden)
    browser = await browse().open()
    browser.say({"type": "join-drop", "drop": "members-only"})
    await until(browser.errors)

    assert browser.errors() == ["permission_denied"]


async def test_what_goes_wrong_on_our_side_is_logged_and_closes_the_socket(browse, monkeypatch, caplog):
    def broken(ref, *, viewer=None):
        raise ZeroDivisionError

    monkeypatch.setattr(snapshots.source, "filled", broken)
    browser = await browse().open()
    browser.say({"type": "join-drop", "drop": "x"})

    assert await browser.closed() == 1011
    assert "ZeroDivisionError" in caplog.text


async def test_while_the_database_is_away_a_join_is_busy_and_the_socket_stays(browse, shelf, monkeypatch):
    def away(ref, *, viewer=None):
        raise OperationalError

    browser = await browse().open()
    with monkeypatch.context() as patch:
        patch.setattr(snapshots.source, "filled", away)
        browser.say({"type": "join-drop", "drop": shelf.drop})
        await until(browser.errors)
        assert browser.errors() == ["busy"]

    assert (await browser.join(shelf.drop))["drop"] == shelf.drop


# -- everything else


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"join-drop"',
        "{}",
        '{"type": "join-drop"}',
        '{"type": "join-drop", "drop": 7}',
        '{"type": "join-drop", "drop": {"id": 1}}',
        '{"type": "buy"}',
        '{"type": ["join-drop"], "drop": "x"}',
        "[" * 4000,
        '{"type": NaN}',
    ],
)
async def test_nonsense_gets_a_named_error_and_the_socket_goes_on(browse, shelf, nonsense):
    browser = await browse().open()
    browser.say(nonsense)
    await until(browser.errors)
    assert browser.errors() == ["invalid"]

    assert (await browser.join(shelf.drop))["drop"] == shelf.drop


async def test_bytes_get_a_named_error(browse):
    browser = await browse().open()
    browser.say_bytes(b"\xff\x00")
    await until(browser.errors)

    assert browser.errors() == ["invalid"]


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_message_makes_the_parser_fail(message):
    text = message if isinstance(message, str) else json.dumps(message)
    with suppress(RequestRefused, Expelled):
        assert isinstance(_parse({"type": "websocket.receive", "text": text}), dict)


async def test_a_huge_message_closes_the_socket(browse):
    browser = await browse().open()
    browser.say({"type": "join-drop", "drop": "x" * MESSAGE_MAX_LENGTH})

    assert await browser.closed() == 1008


async def test_a_flood_closes_the_socket_and_the_others_stay(browse, live):
    flooding, other = await browse().open(), await browse().open()
    for _ in range(BURST * 2):
        flooding.say({"type": "ping"})

    assert await flooding.closed() == 1008
    await other.asked_and_answered()
    assert len(live.hub.viewers) == 1


async def test_a_socket_watches_fifty_drops_and_not_one_more(browse, monkeypatch):
    shelves = {shelf.drop: shelf for shelf in (Shelf() for _ in range(MAX_DROPS + 1))}
    monkeypatch.setattr(snapshots.source, "filled", lambda ref, *, viewer=None: shelves[ref].snapshot(ref, viewer=viewer))
    browser = await browse().open()

    for drop in shelves:
        browser.say({"type": "join-drop", "drop": drop})
    await until(browser.errors)

    assert browser.errors() == ["limit_reached"]
    assert {message["drop"] for message in browser.of("snapshot")} == set(list(shelves)[:MAX_DROPS])


async def test_hanging_up_leaves_nothing_behind(browse, shelf, live):
    browser = await browse().open()
    await browser.join(shelf.drop)
    await browser.hang_up()

    assert (live.hub.viewers, live.hub.rooms, live.hub._members) == (set(), {}, {})
