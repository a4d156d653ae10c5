"""The headers that answers have in common, whoever sends them: Django behind its middleware, or the desk without.

Each is said in one place: a refusal's by `dropshop.core.errors.refusal_headers`, where a new thing is by `location` of
`dropshop.core.api.endpoint`, limits by `dropshop.core.limit_headers`, and those of security by
`settings.HEADER_MIDDLEWARE`, which is asked here what it would say.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils.module_loading import import_string

Raw = list[tuple[bytes, bytes]]


def raw(headers: Mapping[str, str]) -> Raw:
    """As ASGI has them."""
    return [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers.items()]


@lru_cache(maxsize=2)
def security_headers(*, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What the middleware of security puts on every answer, over HTTPS or not; asked once, so that it costs nothing later."""
    request: Any = HttpRequest()
    request.method, request.path = "POST", "/api/"
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "443", "HTTP_X_FORWARDED_PROTO": "https" if secure else "http"}
    request._get_scheme = lambda: "https" if secure else "http"
    answer = _through_middleware(request)
    del answer["Content-Type"]
    return tuple(raw(dict(answer.items())))


@lru_cache(maxsize=1024)
def cors_headers(origin: bytes | None) -> tuple[tuple[bytes, bytes], ...]:
    """What django-cors-headers puts on an answer of the API to a page of this origin; () where no other site is let in."""
    if not settings.CORS_ALLOWED_ORIGINS:
        return ()
    request = HttpRequest()
    request.method, request.path_info = "POST", "/api/v1/"
    request.META = {} if origin is None else {"HTTP_ORIGIN": origin.decode("latin1")}
    answer = HttpResponse()
    CorsMiddleware(lambda _: answer).add_response_headers(request, answer)
    del answer["Content-Type"]
    return tuple(raw(dict(answer.items())))


def _through_middleware(request: HttpRequest) -> HttpResponse:
    handler: Any = lambda _: HttpResponse()  # noqa: E731 - the innermost of the middleware
    for name in reversed(settings.HEADER_MIDDLEWARE):
        handler = import_string(name)(handler)
    response: HttpResponse = handler(request)
    return response


@lru_cache(maxsize=256)
def is_known_host(host: bytes) -> bool:
    """Whether the shop answers to this `Host`; Django refuses the others."""
    domain, _ = split_domain_port(host.decode("latin1"))
    allowed = settings.ALLOWED_HOSTS or ([".localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    return bool(domain) and validate_host(domain, allowed)


def came_by_https(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """As Django's `request.is_secure()`: a proxy's word counts where one is trusted."""
    if settings.SECURE_PROXY_SSL_HEADER:
        said = headers.get(b"x-forwarded-proto")
        if said is not None:
            return said.partition(b",")[0].strip() == settings.SECURE_PROXY_SSL_HEADER[1].encode()
    return scope.get("scheme") == "https"
