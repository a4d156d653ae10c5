"""What the desk's endpoints share: one request as plain ASGI, read once.

No middleware and no thread of its own: a pass is opened here, a token or a session's cookie is read here, and everything that
needs the database is asked for a whole batch at a time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from rest_framework.exceptions import ParseError

from dropshop.core.api.negotiation import accepts
from dropshop.core.api.parsers import StrictJSONParser
from dropshop.core.api.sign_ins import ShownSignIn, shown_sign_in
from dropshop.core.client_address import client_address_of_scope
from dropshop.core.errors import Invalid, NotAuthenticated, UnsupportedMediaType
from dropshop.core.limit_headers import Headers
from dropshop.core.limits import about_limits
from dropshop.core.logs import request_id_for
from dropshop.core.response_headers import Raw, came_by_https, is_known_host
from dropshop.core.wsgi_environ import environ_of
from reservations.holds.origins import DEVICE_COOKIE, device_name
from reservations.idempotency.keys import RequestKey, is_usable, key_for, said_by
from reservations.passes import tokens

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BODY_BYTES = 4096  # bytes; an honest request has no more
DEVICE = re.compile(rb"(?:^|; ?)%s=([0-9A-Za-z]{1,64})(?:;|$)" % DEVICE_COOKIE.encode())
SPOKEN = {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}


@dataclass(slots=True)
class DeskRequest:
    """A request for one of the desk's endpoints, and what is learned about it while it is served."""

    scope: Scope
    subject: str  # the id in its path, or the slug of a drop
    pass_text: bytes | None
    is_json: bool
    address: str  # the client's, as limits count it
    device: str  # what its device cookie says; "" without one
    request_id: str
    is_secure: bool
    origin: bytes | None  # of the page that sent it, where it is another site's
    is_by_cookie: bool  # signed in by it
    key: str = ""  # its Idempotency-Key
    member: str = ""  # its id, once that is known
    limits: Headers = ()  # how the limits stand for it, once they are asked
    counts_as: str = ""  # the limits' name for it
    methods: bytes = b"POST, OPTIONS"  # that its address knows
    own: Raw = field(default_factory=list)  # headers of its answer alone

    def ticket(self, drop_id: UUID | None = None) -> tokens.PassClaims:
        """What its pass says. Raises NotAuthenticated, also for a pass for another drop than this."""
        try:
            ticket = tokens.open_pass(self.pass_text or b"", drop_id)
        except tokens.InvalidPass as error:
            raise NotAuthenticated(str(error)) from None
        self.member = str(ticket.member_id)
        return ticket

    def shown_sign_in(self) -> ShownSignIn | None:
        """Its token or session, as Django reads it; None where only the ordinary view can judge that."""
        request = WSGIRequest(environ_of(self.scope, b""))
        self.device = device_name(request.COOKIES.get(DEVICE_COOKIE, ""))
        return shown_sign_in(request)

    def key_of(self, member_id: UUID, given: dict[str, Any]) -> RequestKey | None:
        """Its key, bound to the member and to what it says; None without one."""
        if not self.key:
            return None
        return key_for(member_id, self.key, *said_by("POST", self.scope["path"], given))

    def known_limits(self) -> Headers:
        """As they were counted; until they are, as this process remembers them; none where nothing counts."""
        if self.limits or not self.member or not self.counts_as:
            return self.limits
        return about_limits(self.counts_as, self.member, self.address)

    def json(self, content: bytes) -> dict[str, Any]:
        """The object in its body, {} for none. Raises UnsupportedMediaType, Invalid."""
        if not content:
            return {}
        if not self.is_json:
            raise UnsupportedMediaType
        try:
            given = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise Invalid("This is not JSON.") from None
        if not isinstance(given, dict):
            raise Invalid(errors={"request": ["Expected an object."]})
        return given

    def plain_json(self, content: bytes) -> dict[str, Any] | None:
        """The same as the ordinary view reads it; None where that has something to say against it."""
        if not content:
            return {}
        try:
            given = StrictJSONParser().parse(io.BytesIO(content)) if self.is_json else None
        except ParseError:
            return None
        return given if isinstance(given, dict) else None


def match_ticket(scope: Scope, path: re.Pattern[str], methods: Mapping[str, str], header: bytes) -> DeskRequest | None:
    """The request, if it comes to such a path by one of these methods, which say what it counts as, and with this header.

    None for all that the ordinary view must answer, which goes by the sign-in: what is unusual, keyed or conditional.
    """
    match = path.fullmatch(scope["path"]) if scope["method"] in methods else None
    if match is None:
        return None
    headers = dict(scope["headers"])
    is_secure = came_by_https(scope, headers)
    is_conditional = b"if-none-match" in headers or b"idempotency-key" in headers
    if header not in headers or is_conditional or _is_odd(scope, headers, is_secure=is_secure):
        return None
    return DeskRequest(
        scope=scope,
        subject=match[1],
        pass_text=headers[header],
        is_json=headers.get(b"content-type", b"").startswith(b"application/json"),
        address=client_address_of_scope(scope),
        device="",
        request_id=request_id_for(headers.get(b"x-request-id", b"").decode("latin1")),
        is_secure=is_secure,
        origin=headers.get(b"origin"),
        is_by_cookie=False,
        counts_as=methods[scope["method"]],
    )


def match_request(scope: Scope, path: re.Pattern[str], counts_as: str) -> DeskRequest | None:
    """The request, if it is a POST to such a path by somebody who says who they are.

    None for all that the ordinary view must answer: what Django would refuse before calling a view; and without a pass, or with
    an Idempotency-Key, whatever is said in an unusual way.
    """
    if scope["method"] != "POST":
        return None
    match = path.fullmatch(scope["path"])
    if match is None:
        return None
    headers = dict(scope["headers"])
    pass_text, is_secure, key = headers.get(b"x-drop-pass"), came_by_https(scope, headers), headers.get(b"idempotency-key")
    if _is_odd(scope, headers, is_secure=is_secure):
        return None
    if (pass_text is None or key is not None) and not _is_plain(scope, headers):
        return None
    device = DEVICE.search(headers.get(b"cookie", b""))
    return DeskRequest(
        scope=scope,
        subject=match[1],
        pass_text=pass_text,
        is_json=headers.get(b"content-type", b"").startswith(b"application/json"),
        address=client_address_of_scope(scope),
        device=device[1].decode() if device else "",
        request_id=request_id_for(headers.get(b"x-request-id", b"").decode("latin1")),
        is_secure=is_secure,
        origin=headers.get(b"origin"),
        is_by_cookie=pass_text is None and b"authorization" not in headers,
        counts_as=counts_as,
        key=(key or b"").decode("latin1"),
    )


def _is_odd(scope: Scope, headers: Mapping[bytes, bytes], *, is_secure: bool) -> bool:
    """Whether Django must handle it: another host, query parameters, an Accept header without JSON, no HTTPS."""
    return (
        bool(scope.get("query_string"))
        or not is_known_host(headers.get(b"host", b""))
        or not accepts(headers.get(b"accept", b"").decode("latin1"))
        or (settings.SECURE_SSL_REDIRECT and not is_secure)
    )


def _is_plain(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether somebody may be signed in who sends each header once, JSON or nothing, a usable key, and plain cookies."""
    cookies, key = headers.get(b"cookie", b""), headers.get(b"idempotency-key")
    names = [name for name, _ in scope["headers"] if name != b"x-forwarded-for"]
    return (
        (b"x-drop-pass" in headers or b"authorization" in headers or settings.SESSION_COOKIE_NAME.encode() in cookies)
        and len(names) == len(set(names))
        and headers.get(b"content-type", b"application/json").lower() in SPOKEN
        and b"\\" not in cookies
        and (key is None or is_usable(key.decode("latin1")))
    )
