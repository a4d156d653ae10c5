"""Whose pages may open a socket: the shop's own and those named in CSRF_TRUSTED_ORIGINS, as for its forms.

A browser sends cookies with a WebSocket from any site; only the Origin header tells them apart.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, parse_cookie
from django.utils.http import is_same_domain

Scope = dict[str, Any]


class Handshake(HttpRequest):
    """A WebSocket's opening request, so that Django's own rules for host, proxy and cookies apply to it."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        for name, raw in scope["headers"]:
            if b"_" in name:  # would pass for the header with a dash that a proxy sets
                continue
            key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
            separator = "; " if key == "HTTP_COOKIE" else ","
            before = self.META[key] + separator if key in self.META else ""
            self.META[key] = before + raw.decode("latin-1")
        self.COOKIES = parse_cookie(self.META.get("HTTP_COOKIE", ""))
        host, port = scope.get("server") or ("localhost", None)
        self.META |= {"SERVER_NAME": host, "SERVER_PORT": str(port or 80)}

    def _get_scheme(self) -> str:
        return "https" if self._scope.get("scheme") in ("wss", "https") else "http"


def is_known_origin(handshake: Handshake) -> bool:
    """Whether the page that opens this socket is ours; False without an Origin or with a Host we do not answer to."""
    origin = handshake.META.get("HTTP_ORIGIN", "")
    try:
        if origin == f"{handshake.scheme}://{handshake.get_host()}":
            return True
        asking = urlsplit(origin)
        return bool(asking.hostname) and any(_trusts(known, asking) for known in settings.CSRF_TRUSTED_ORIGINS)
    except (DisallowedHost, ValueError):
        return False


def _trusts(known: str, asking: Any) -> bool:
    """`https://shop.example` or `https://*.shop.example`, as Django reads CSRF_TRUSTED_ORIGINS."""
    trusted = urlsplit(known)
    if trusted.scheme != asking.scheme:
        return False
    if trusted.netloc.startswith("*."):
        return is_same_domain(asking.netloc, trusted.netloc.removeprefix("*"))
    return asking.netloc == trusted.netloc
