"""Which requests anybody might have sent, so that one answer serves them all: looking at drops, without a sign-in."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from dropshop.core.api.negotiation import accepts

Environ = Mapping[str, Any]

PAGE = re.compile(r"/|/drops/[-\w]{1,80}/", re.ASCII)
LIST = re.compile(r"/api/v1/drops(/live|/upcoming)?/?", re.ASCII)
DROP = re.compile(r"/api/v1/drops/[-\w]{1,80}/?", re.ASCII)
SHARED = re.compile("|".join(f"(?:{one.pattern})" for one in (PAGE, LIST, DROP)), re.ASCII)
# What a list is asked for by; the API refuses everything else. Of what stands in a page's query (where somebody came from,
# say) no answer depends.
LIST_PARAMETERS = {"phase", "cursor", "page_size"}
QUERY_MAX_LENGTH = 1000  # characters

# Whoever sends one of these asks for something of their own: with a sign-in, or for a part or a certain state of the page.
PERSONAL = (
    "HTTP_AUTHORIZATION",
    "HTTP_X_DROP_PASS",
    "HTTP_X_SESSION_TOKEN",
    "HTTP_X_FRAGMENT",
    "HTTP_X_REQUESTED_WITH",
    "HTTP_HX_REQUEST",
    "HTTP_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_TRANSFER_ENCODING",
)
# Besides where it was sent to, all that the shared answer is made from. The request's id and address are for the log.
KEPT_HEADERS = {"HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR", "HTTP_X_REQUEST_ID"}


class CacheKey(NamedTuple):
    """What was asked for: requests of one address get one answer."""

    scheme: str
    host: str
    root: str
    path: str
    query: str


def cache_key(environ: Environ) -> CacheKey | None:
    """What this visitor asks for; None where the answer may be theirs alone, or depends on more than the address."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("CONTENT_LENGTH") not in (None, "", "0"):
        return None
    path, host = environ["PATH_INFO"], environ.get("HTTP_HOST")
    listed = LIST.fullmatch(path)
    if not host or not SHARED.fullmatch(path):
        return None
    if path.startswith("/api/") and not _is_understood(environ, LIST_PARAMETERS if listed else set()):
        return None
    if any(name in environ for name in PERSONAL) or _names_somebody(environ.get("HTTP_COOKIE", "")):
        return None
    query = environ.get("QUERY_STRING", "")
    if query:
        if len(query) > QUERY_MAX_LENGTH or "%00" in query or not query.isascii():
            return None
        query = _canonical(query) if listed else ""
    return CacheKey(_scheme(environ), host, environ.get("SCRIPT_NAME", ""), path, query)


def as_anonymous(environ: Environ, address: CacheKey) -> dict[str, Any]:
    """The request without anything of the person who sent it: what is made of this can hold nothing of theirs."""
    told_by_sender = {name for name in environ if name.startswith("HTTP_")} - KEPT_HEADERS | {"asgi.scope"}
    plain = {name: value for name, value in environ.items() if name not in told_by_sender}
    return plain | {"REQUEST_METHOD": "GET", "QUERY_STRING": address.query, "CONTENT_TYPE": "", "CONTENT_LENGTH": ""}


def _is_understood(environ: Environ, parameters: set[str]) -> bool:
    """Whether the API answers this at all: it refuses what it does not speak, and parameters that it does not know."""
    query = environ.get("QUERY_STRING", "")
    return accepts(environ.get("HTTP_ACCEPT", "")) and (not query or {name for name, _ in parse_qsl(query, True)} <= parameters)


def _names_somebody(cookies: str) -> bool:
    """Whether a session or a message for one reader might be among these; the CSRF token of a form elsewhere is neither."""
    return bool(cookies) and (settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies)


def _canonical(query: str) -> str:
    """The same text for the same question; the last of two values counts, as Django has it."""
    return urlencode(sorted((name, value) for name, value in dict(parse_qsl(query, True)).items() if name in LIST_PARAMETERS))


def _scheme(environ: Environ) -> str:
    """As Django's request.scheme: a proxy's word counts where one is trusted."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        said = environ.get(name)
        if said is not None:
            return "https" if said.split(",", 1)[0].strip() == secure else "http"
    return environ["wsgi.url_scheme"]
