"""What visitors look at, made once and told to everybody who asks within a second: in front of Django, as WSGI.

Shared is only what `dropshop.edge.cache_key` takes for anybody's request, made from a request without cookies, so that it can
hold nothing of a person. Members always get a page of their own. The second counts from before the facts are read: whoever
asks is told what was true at most a second before.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Event, Lock
from typing import Any, NamedTuple

from django.utils.http import parse_etags

from dropshop.core.clock import estimated_database_time, iso
from dropshop.core.logs import request_id_for
from dropshop.core.response_headers import cors_headers
from dropshop.edge.cache_key import CacheKey, Environ, as_anonymous, cache_key

Headers = list[tuple[str, str]]
Start = Callable[..., Any]
Application = Callable[[Any, Start], Iterable[bytes]]

ENTRIES, BYTES = 256, 8_000_000  # what is kept at most; the least recently asked for goes first
MAX_ANSWER_BYTES = 1_000_000  # bytes of one answer
SHARED_ANSWER_TIMEOUT = 5.0  # seconds one waits for the answer that somebody else is having made
# What an answer may differ by: whoever sends one of these is not told a shared one.
KNOWN_TO_VARY = {"cookie", "authorization", "origin"}
# Pages and JSON say when they were told, and browsers set their countdowns by it.
TOLD_AT = re.compile(rb'(?<=data-server-time=")[^"]*|(?<="server_time":")[^"]*')


class CachedResponse(NamedTuple):
    """A finished answer; `parts` are its body, cut where the time of telling stands."""

    status: str
    headers: Headers
    parts: list[bytes]
    request_id: str
    etag: str

    @property
    def is_personal(self) -> bool:
        """Whether it sets a cookie, or differs by something that it was not asked with."""
        names = {name.lower() for name, _ in self.headers}
        vary = {word.strip().lower() for name, value in self.headers if name.lower() == "vary" for word in value.split(",")}
        return "set-cookie" in names or not vary <= KNOWN_TO_VARY

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))


class SingleFlight:
    """An answer that is being made, for the one who asked first and for all who ask meanwhile."""

    def __init__(self, begun: float) -> None:
        self.begun = begun  # monotonic seconds
        self.landed = Event()
        self.answer: CachedResponse | None = None


class PageCache:
    """The WSGI application `application`, whose answers visitors share for `seconds`."""

    def __init__(self, application: Application, *, seconds: float) -> None:
        self.application, self.seconds = application, seconds
        self._lock = Lock()
        self._kept: OrderedDict[CacheKey, tuple[float, CachedResponse]] = OrderedDict()
        self._flights: dict[CacheKey, SingleFlight] = {}
        self._bytes = 0

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The shared answer where there may be one; otherwise the application's own."""
        address = cache_key(environ)
        if address is None:
            return self.application(environ, start)
        answer, flight, leads = self._find(address)
        if flight is not None:
            answer = self._led(flight, address, environ) if leads else self._awaited(flight)
        if answer is None:
            return self.application(environ, start)
        return _reply(answer, environ, start, first=leads)

    def _find(self, address: CacheKey) -> tuple[CachedResponse | None, SingleFlight | None, bool]:
        """An answer that is fresh; or the flight that will bring one, and whether it is the caller's to lead.

        A flight that began too long ago is not joined: who asks now would be told of more than a second ago.
        """
        with self._lock:
            now = time.monotonic()
            begun, answer = self._kept.get(address, (0.0, None))
            if answer is not None and now - begun < self.seconds:
                self._kept.move_to_end(address)
                return answer, None, False
            flight = self._flights.get(address)
            if flight is not None and now - flight.begun < self.seconds:
                return None, flight, False
            flight = self._flights[address] = SingleFlight(now)
            return None, flight, True

    def _led(self, flight: SingleFlight, address: CacheKey, environ: Environ) -> CachedResponse | None:
        """The answer for everybody, made now; None where it turns out to be for nobody but who asked."""
        try:
            answer = _asked(self.application, as_anonymous(environ, address))
            if answer.is_personal:
                return None
            if answer.status < "500":
                flight.answer = answer
            if answer.status.startswith("200 ") and answer.size <= MAX_ANSWER_BYTES:
                with self._lock:
                    if self._flights.get(address) is flight:  # nobody has begun after us
                        self._keep(address, flight.begun, answer)
            return answer
        finally:
            with self._lock:
                if self._flights.get(address) is flight:
                    del self._flights[address]
            flight.landed.set()

    @staticmethod
    def _awaited(flight: SingleFlight) -> CachedResponse | None:
        """What the flight brings; None where it brings nothing in time, and each has to ask for themselves."""
        flight.landed.wait(SHARED_ANSWER_TIMEOUT)
        return flight.answer

    def _keep(self, address: CacheKey, begun: float, answer: CachedResponse) -> None:
        """Behind the lock."""
        older = self._kept.pop(address, None)
        if older is not None:
            self._bytes -= older[1].size
        self._kept[address] = (begun, answer)
        self._bytes += answer.size
        while self._bytes > BYTES or len(self._kept) > ENTRIES:
            _, (_, forgotten) = self._kept.popitem(last=False)
            self._bytes -= forgotten.size


def _asked(application: Application, environ: dict[str, Any]) -> CachedResponse:
    """The whole of what the application answers, ready to be told again."""
    begun: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, exc_info: Any = None) -> None:
        begun.append((status, headers))

    result = application(environ, start)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = begun[-1]
    named = {name.lower(): value for name, value in headers}
    lasting = [(name, value) for name, value in headers if name.lower() not in ("content-length", "x-request-id")]
    return CachedResponse(status, lasting, TOLD_AT.split(body), named.get("x-request-id", ""), named.get("etag", ""))


def _reply(answer: CachedResponse, environ: Environ, start: Start, *, first: bool) -> list[bytes]:
    """Tells it to one asker: with the time of now and an id of its own (the `first` has the one in the log); or as 304."""
    request_id = answer.request_id if first else request_id_for(environ.get("HTTP_X_REQUEST_ID", ""))
    headers = [*answer.headers, ("X-Request-ID", request_id)]
    if environ["PATH_INFO"].startswith("/api/"):
        headers += _for_other_sites(environ.get("HTTP_ORIGIN"))
    if answer.etag and _has(environ.get("HTTP_IF_NONE_MATCH", ""), answer.etag):
        start("304 Not Modified", [(name, value) for name, value in headers if name.lower() != "content-type"])
        return []
    body = (iso(estimated_database_time()) or "").encode().join(answer.parts)
    start(answer.status, [*headers, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _for_other_sites(origin: str | None) -> Headers:
    """What lets a page of another site read the answer; it varies by that already, and was made as for no site."""
    sent = cors_headers(None if origin is None else origin.encode("latin1"))
    return [(name.decode(), value.decode("latin1")) for name, value in sent if name != b"vary"]


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the asker has this already (RFC 9110, 13.1.2: weak comparison)."""
    tags = parse_etags(if_none_match)
    return "*" in tags or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}
