"""The shop's ordinary pages and API inside uvicorn, one thread and one transaction per request, and nothing in front of them.

The yardstick of the desk: the same bridge as in `dropshop.asgi`, without sockets and without the desk.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware

from dropshop.wsgi import application as pages

bridge = WSGIMiddleware(pages, workers=10)  # type: ignore[arg-type]


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """HTTP only."""
    if scope["type"] == "lifespan":
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})
        return
    await bridge(scope, receive, send)  # type: ignore[arg-type]
