"""An empty Django view: what Django itself costs before the shop does anything, behind the bridge that serves the shop's pages.

Django has no middleware at all: the yardstick of the drop page. With BENCH_MIDDLEWARE=1 the same view stands behind the
whole of the shop's middleware.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bench import bare
from dropshop import settings as shops
from dropshop.edge.bodies import Body
from dropshop.edge.bridge import Bridge

THREADS = 10  # as the shop's pages have

WITHOUT = {} if os.environ.get("BENCH_MIDDLEWARE") == "1" else {"MIDDLEWARE": [], "INSTALLED_APPS": []}
settings.configure(
    **{name: getattr(shops, name) for name in dir(shops) if name.isupper()} | WITHOUT | {"ROOT_URLCONF": __name__}
)


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing much."""
    return HttpResponse("hello")


urlpatterns = [path("", empty)]
bridge = Bridge(get_wsgi_application(), threads=THREADS, name="pages")


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await bare.application(scope, receive, send)
    else:
        await bridge(scope, Body(b"", 0), receive, send, address="")
