"""Refusals that cost nothing: made by Django once, with all its headers and in the words of the shop, and told from memory.

Who is refused because too much is asked for must not cause a page to be made.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from dropshop.core import access_log
from dropshop.core.client_address import client_address_of_scope
from dropshop.core.errors import DropshopError, RateLimited
from dropshop.core.logs import request_id_for
from dropshop.core.redaction import clean
from dropshop.core.response_headers import cors_headers
from dropshop.edge.bodies import Body, Scope
from dropshop.edge.bridge import Application, ComputedResponse, Send, computed, environ_of
from dropshop.edge.request_checks import REFUSAL

MAX_REFUSALS = 64  # refusals in memory; there are a handful


class Refusals:
    """The refusals of one WSGI application; belongs to the event loop."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="refusals")
        self._made: dict[tuple[Any, ...], asyncio.Future[ComputedResponse]] = {}

    async def send(self, scope: Scope, error: DropshopError, send: Send) -> None:
        """Answers with the error, as a problem for programs and as a page for people, and hangs up afterwards."""
        is_for_programs = scope["path"].startswith("/api/")
        key = (type(error), error.detail, error.retry_after, is_for_programs)
        making = self._made.get(key)
        if making is None or (making.done() and making.exception() is not None):
            if len(self._made) >= MAX_REFUSALS:
                self._made.clear()
            make = self._making(error, is_for_programs)
            making = self._made[key] = asyncio.get_running_loop().run_in_executor(self._thread, make)
        answer = await asyncio.shield(making)
        body = b"" if scope["method"] == "HEAD" else answer.body
        told = dict(scope["headers"])
        request_id = request_id_for(told.get(b"x-request-id", b"").decode("latin1"))
        lasting = [(name, value) for name, value in answer.headers if name not in (b"x-request-id", b"vary")]
        headers = [*lasting, (b"x-request-id", request_id.encode()), (b"connection", b"close")]
        if is_for_programs:
            headers += cors_headers(told.get(b"origin"))
        self._log(scope, error, request_id)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    @staticmethod
    def _log(scope: Scope, error: DropshopError, request_id: str) -> None:
        """The line of every request; but whoever sends too many does not fill the log."""
        if isinstance(error, RateLimited):
            return
        request = f"{scope['method']} {clean(scope['path'])}"
        address = client_address_of_scope(scope)
        access_log.finished(request=request, code=error.status, client=address, request_id=request_id, outcome=error.code)

    def _making(self, error: DropshopError, is_for_programs: bool) -> Callable[[], ComputedResponse]:
        scope = {
            "method": "GET",
            "path": "/api/" if is_for_programs else "/",
            "query_string": b"",
            "http_version": "1.1",
            "scheme": "https",
            "headers": [(b"x-forwarded-proto", b"https")] if settings.DROPSHOP_PROXIES else [],
        }
        environ = environ_of(scope, Body(b"", 0)) | {REFUSAL: error}
        return lambda: computed(self._application, environ)
