"""One process, one port: sockets to the hub, pages and API to Django behind WSGI.

Django's own ASGI handler serves the same page a third slower than the bridge (docs: measured in the architecture).
Run it with `uvicorn dropshop.asgi:application --ws websockets-sansio --no-proxy-headers --no-server-header`.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dropshop.settings")

from a2wsgi import WSGIMiddleware

from dropshop.wsgi import application as pages  # sets Django up; what follows needs that

from dropshop import garbage, live, ops  # isort: skip
from dropshop.live.socket import LiveSocket  # isort: skip
from reservations import holds  # isort: skip
from reservations.api.buying import BuyDoor  # isort: skip
from reservations.api.desk import ReserveDoor, claims_counter  # isort: skip
from reservations.desk import Desk  # isort: skip

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Seconds until a thread that wants to go on gets its turn (Python's default is five times that): the desk's thread asks after
# every answer of the database, while the loop reads requests and tells screens.
SWITCH = 0.001
# Each thread may hold one database connection: keep this below settings' pool, which the sockets' two threads share.
PAGE_THREADS = 10

sockets = LiveSocket()
desk = Desk()
reserving = ReserveDoor(desk, hears=sockets.hub.ready.is_set)
sockets.hub.on_news = reserving.sold_out.heard
buying = BuyDoor(desk)
doors: list[ReserveDoor | BuyDoor] = [reserving, buying]
claims = claims_counter(desk)
bridge = WSGIMiddleware(pages, workers=PAGE_THREADS)  # type: ignore[arg-type]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    match scope:
        case {"type": "lifespan"}:
            await _live_and_die(receive, send)
        case {"type": "websocket", "path": "/ws/live/"}:
            await sockets(scope, receive, send)
        case {"type": "websocket"}:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        case {"type": "http"}:
            await http(scope, receive, send)


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Requests. What must not wait for a thread (the reservation desk) is answered here, before the bridge."""
    if scope["path"] == "/healthz" and scope["method"] in {"GET", "HEAD"}:
        await ops.alive(scope, receive, send)
        return
    for door in doors:
        request = door.opens(scope)
        if request is not None:
            await door(request, receive, send)
            return
    await bridge(_as_wsgi_expects(scope), receive, send)  # type: ignore[arg-type]


async def _live_and_die(receive: Receive, send: Send) -> None:
    """The process's own life: the hub joins at the start, and at the end nothing published stays behind."""
    await receive()
    sockets.hub.start()
    garbage.settle()
    sys.setswitchinterval(SWITCH)
    holds.together = partial(claims.ask_from_thread, asyncio.get_running_loop())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    holds.together = None
    desk.stop()
    buying.stop()
    await sockets.hub.stop()
    live.flush(timeout=2)
    await send({"type": "lifespan.shutdown.complete"})


def _as_wsgi_expects(scope: Scope) -> Scope:
    """The scope without two holes of the bridge.

    Raw bytes in a query would become a 500, and a header `X_Forwarded_For` would pass for `X-Forwarded-For`.
    """
    query = "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in scope["query_string"])
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    return scope | {"query_string": query.encode(), "headers": headers}
