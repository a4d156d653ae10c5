"""What visitors look at, made once and told to everybody who asks within a second: on the event loop, before the bridge.

Shared is only what `dropshop.edge.cache_key` takes for anybody's request, made from a request without cookies, so that it can
hold nothing of a person. Members always get a page of their own. The second counts from before the facts are read: whoever
asks is told what was true at most a second before. Who is told an answer that is there takes no thread, and who waits for one
that is being made neither.
"""

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress

from dropshop.core.whole_response import send_whole
from dropshop.edge.bodies import Body, Receive, Scope
from dropshop.edge.bridge import SAFE, Application, Bridge, Environ, Send, environ_of
from dropshop.edge.cache_key import SHARED, CacheKey, as_anonymous, cache_key
from dropshop.edge.shared_response import SharedResponse, shared_response

ENTRIES, BYTES = 256, 8_000_000  # what is kept at most; the least recently asked for goes first
MAX_ANSWER_BYTES = 1_000_000  # bytes of one answer
SHARED_ANSWER_TIMEOUT = 5.0  # seconds one waits for the answer that somebody else is having made


class SingleFlight:
    """An answer that is being made, for the one who asked first and for all who ask meanwhile."""

    def __init__(self, begun: float) -> None:
        self.begun = begun  # monotonic seconds
        self.landed = asyncio.Event()
        self.answer: SharedResponse | None = None


class PageCache:
    """In front of `bridge`: the answers of `application` to visitors are shared for `seconds`. Belongs to the event loop."""

    def __init__(self, bridge: Bridge, application: Application, *, seconds: float) -> None:
        self._bridge, self._application, self.seconds = bridge, application, seconds
        self._kept: OrderedDict[CacheKey, tuple[float, SharedResponse]] = OrderedDict()
        self._flights: dict[CacheKey, SingleFlight] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, body: Body, receive: Receive, send: Send, *, address: str) -> None:
        """Sends the shared answer where there may be one; otherwise the bridge answers. Raises RateLimited as that does."""
        if self.seconds > 0 and scope["method"] in SAFE and SHARED.fullmatch(scope["path"]):
            environ = environ_of(scope, body)
            key = cache_key(environ)
            answer, first = (None, False) if key is None else await self._shared(key, environ, address)
            if answer is not None:
                await send_whole(scope, send, answer.told(environ, first=first))
                return
        await self._bridge(scope, body, receive, send, address=address)

    async def _shared(self, key: CacheKey, environ: Environ, address: str) -> tuple[SharedResponse | None, bool]:
        """The answer for everybody, and whether it was made for this one; None where each has to ask for themselves."""
        answer, flight = self._find(key)
        if answer is None and flight is None:
            async with self._bridge.turn(address):
                answer, flight = self._find(key)  # it may have been made while this one waited for a thread
                if answer is None and flight is None:
                    return await self._made(key, environ), True
        if flight is not None:
            answer = await _awaited(flight)
        return answer, False

    def _find(self, key: CacheKey) -> tuple[SharedResponse | None, SingleFlight | None]:
        """An answer that is fresh, or the flight that will bring one.

        A flight that began too long ago is not joined: who asks now would be told of more than a second ago.
        """
        now = time.monotonic()
        begun, answer = self._kept.get(key, (0.0, None))
        if answer is not None and now - begun < self.seconds:
            self._kept.move_to_end(key)
            return answer, None
        flight = self._flights.get(key)
        return None, flight if flight is not None and now - flight.begun < self.seconds else None

    async def _made(self, key: CacheKey, environ: Environ) -> SharedResponse | None:
        """The answer for everybody, made now; None where it turns out to be for nobody but who asked."""
        flight = self._flights[key] = SingleFlight(time.monotonic())
        try:
            answer = await self._bridge.in_thread(shared_response, self._application, as_anonymous(environ, key))
            if answer.is_personal:
                return None
            if answer.status < 500:
                flight.answer = answer
            is_newest = self._flights.get(key) is flight  # nobody has begun after us
            if is_newest and answer.status == 200 and answer.size <= MAX_ANSWER_BYTES:
                self._keep(key, flight.begun, answer)
            return answer
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.landed.set()

    def _keep(self, key: CacheKey, begun: float, answer: SharedResponse) -> None:
        older = self._kept.pop(key, None)
        if older is not None:
            self._bytes -= older[1].size
        self._kept[key] = (begun, answer)
        self._bytes += answer.size
        while self._bytes > BYTES or len(self._kept) > ENTRIES:
            _, (_, forgotten) = self._kept.popitem(last=False)
            self._bytes -= forgotten.size


async def _awaited(flight: SingleFlight) -> SharedResponse | None:
    """What the flight brings; None where it brings nothing in time, and each has to ask for themselves."""
    with suppress(TimeoutError):
        await asyncio.wait_for(flight.landed.wait(), SHARED_ANSWER_TIMEOUT)
    return flight.answer
