"""A WSGI application on the server, and behind the bridge, that send the shop's pages; and nothing else of the shop's edge."""

from collections.abc import Awaitable, Callable
from typing import Any

from bench import bare
from dropshop.edge.bodies import Bodies
from dropshop.edge.bridge import Application, Bridge

THREADS = 10  # as the shop's pages have
BODY_MAX = 4096  # bytes; what the benchmark sends is shorter
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def bridged(wsgi: Application) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """The ASGI application."""
    bodies, bridge = Bodies(), Bridge(wsgi, threads=THREADS, name="pages")

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await bare.application(scope, receive, send)
            return
        body = await bodies.read(scope, receive, most=BODY_MAX, address="")
        await bridge(scope, body, receive, send, address="")

    return application
