"""What an operator's machinery asks: is the process alive (`/healthz`), can it serve (`/readyz`)?

Only the database decides over readiness. Without Redis people can still buy, and without the sweeper lapsed holds are
still free to the next shopper: then the answer is 200 "degraded", or a load balancer would take the last shop down.
"""

import asyncio
import ipaddress
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from typing import Any

import redis
from django.conf import settings
from django.db import connection, connections
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.module_loading import import_string

from dropshop.core.client_address import PROXIES_SAY, client_address_of_scope, client_ip

log = logging.getLogger(__name__)

SWEEPER_TIMEOUT = 10  # it runs every second; later than this it is late
# Where operators and their machinery are (RFC 1918, RFC 4193, loopback): `is_private` knows other reserved networks too.
OURS = [
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::/64")  # ::1 by its /64
]
PROBE_TIMEOUT = 1.0  # seconds for all parts together
LATE = {"status": "failed", "reason": "does not answer within a second", "milliseconds": PROBE_TIMEOUT * 1000}
RETRY = {"Retry-After": "2"}


class NotReady(Exception):
    """One part of the shop is away; the message is for whoever reads /readyz, and names no hosts and no people."""


class HealthMiddleware:
    """Answers both paths before sessions, hosts and views: probes come by address, and must not depend on anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.paths = {"/healthz": healthz, "/readyz": readyz}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.paths.get(request.path_info)
        if answer is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response


def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all. Touches no database, so that a dead database restarts no processes."""
    return JsonResponse({"status": "alive"})


async def alive(scope: Any, receive: Any, send: Any) -> None:
    """`/healthz` as bare ASGI: it answers even while every thread waits for a database that is away."""
    await _send_json(send, 200, b'{"status": "alive"}')


def readyz(request: HttpRequest) -> JsonResponse:
    """Whether people can buy: 200 "ready", 200 "degraded" or 503 "unavailable"; after a second at most. Operators read of each
    part why; strangers are told no more than that."""
    asked = _ask_every_part()
    wait(asked.values(), timeout=PROBE_TIMEOUT)
    status, told = _response(asked, is_operator(client_ip(request), request.headers))
    return JsonResponse(told, status=status, headers=RETRY if status == 503 else None)


async def ready(scope: Any, receive: Any, send: Any) -> None:
    """`/readyz` as bare ASGI, which takes none of the pages' threads."""
    asked = _ask_every_part()
    waiting = [asyncio.wrap_future(one) for one in asked.values()]
    _, late = await asyncio.wait(waiting, timeout=PROBE_TIMEOUT)
    for one in late:
        one.cancel()  # our waiting, not the asking: that is running
    headers = {name.decode("latin1"): value.decode("latin1") for name, value in scope.get("headers", [])}
    status, told = _response(asked, is_operator(client_address_of_scope(scope), headers))
    retry = [(b"retry-after", RETRY["Retry-After"].encode())] if status == 503 else []
    await _send_json(send, status, json.dumps(told).encode(), retry)


PROBES = {"/healthz": alive, "/readyz": ready}  # what the event loop answers by itself


async def _send_json(send: Any, status: int, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body})


def is_operator(address: str, headers: Mapping[str, str]) -> bool:
    """Whether whoever asks may know what is wrong: who shows READYZ_TOKEN, or comes from this machine or a private network.

    With DROPSHOP_PROXIES=0 a request that came through a proxy shows the proxy's own address, and is anybody's.
    """
    given = {name.lower(): value for name, value in headers.items()}
    token = given.get("authorization", "").removeprefix("Bearer ").strip()
    if settings.READYZ_TOKEN and secrets.compare_digest(token.encode(), settings.READYZ_TOKEN.encode()):
        return True
    if not settings.DROPSHOP_PROXIES and any(name in given for name in PROXIES_SAY):
        return False
    try:
        found = ipaddress.ip_network(address)  # IPv6 is counted by its /64
    except ValueError:
        return False
    return any(found.network_address in ours for ours in OURS)


def _response(asked: dict[str, "Future[dict[str, Any]]"], is_operator: bool) -> tuple[int, dict[str, Any]]:
    """The HTTP status and what it says."""
    parts = {name: one.result() if one.done() else LATE for name, one in asked.items()}
    missing = {name for name, part in parts.items() if part["status"] != "ok"}
    vital = missing & settings.READINESS_VITAL
    status = "unavailable" if vital else "degraded" if missing else "ready"
    return 503 if vital else 200, {"status": status, "parts": parts} if is_operator else {"status": status}


_askings: dict[str, "Future[dict[str, Any]]"] = {}
_beginning = threading.Lock()


def _ask_every_part() -> dict[str, "Future[dict[str, Any]]"]:
    """All parts, side by side. A part that is being asked is not asked again: however many want to know, one thread waits."""
    with _beginning:
        for name, path in settings.READINESS.items():
            if name not in _askings or _askings[name].done():
                asking: Future[dict[str, Any]] = Future()
                _askings[name] = asking
                asking.set_running_or_notify_cancel()
                threading.Thread(target=_ask, args=(import_string(path), asking), name=f"ready-{name}", daemon=True).start()
        return {name: _askings[name] for name in settings.READINESS}


def _ask(part: Callable[[], Any], asking: "Future[dict[str, Any]]") -> None:
    try:
        asking.set_result(_asked(part))
    finally:
        connections.close_all()


def _asked(part: Callable[[], Any]) -> dict[str, Any]:
    """What the part says, and in how many milliseconds; whatever it raises is its state, and is logged."""
    started = time.monotonic()
    try:
        facts = part() or {}
        state = {"status": "ok", **facts}
    except NotReady as late:
        state = {"status": "failed", "reason": str(late)}
    except Exception as error:  # whatever is wrong with a part, this page says so
        log.warning("not ready: %s", type(error).__name__, exc_info=error)
        state = {"status": "failed", "reason": "does not answer"}
    return state | {"milliseconds": round((time.monotonic() - started) * 1000, 1)}


# -- The parts (settings.READINESS) ----------------------------------------------------------------


def database() -> None:
    """PostgreSQL answers a query on a connection of the pool."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def queue_and_push() -> None:
    """Redis answers a ping within a quarter of a second."""
    from dropshop.core.limits import buckets

    try:
        buckets(settings.REDIS_URL).redis.ping()
    except redis.RedisError:
        raise NotReady("Redis does not answer; people can buy, screens poll, signing in waits") from None


def sweeper() -> dict[str, float]:
    """The sweeper has run lately, by the database's clock (S3)."""
    from dropshop.core.clock import database_time
    from reservations.models import SweeperRun

    last = SweeperRun.objects.first()
    if last is None:
        raise NotReady("has never run")
    seconds_ago = (database_time() - last.at).total_seconds()
    if seconds_ago > SWEEPER_TIMEOUT:
        raise NotReady(f"last ran {seconds_ago:.0f} seconds ago")
    return {"seconds_ago": round(seconds_ago, 1)}
