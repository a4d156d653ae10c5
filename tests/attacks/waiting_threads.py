"""The shop's pages behind a bridge in which a thread waits for each body: the control of test_silent_bodies.

python -m uvicorn tests.attacks.waiting_threads:application
"""

from a2wsgi import WSGIMiddleware

from dropshop.wsgi import application as pages

bridge = WSGIMiddleware(pages, workers=10)


async def application(scope, receive, send):
    """HTTP only."""
    if scope["type"] == "lifespan":
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})
        return
    await bridge(scope, receive, send)
