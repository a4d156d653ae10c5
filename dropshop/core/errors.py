"""The errors of the shop: each has its code, its status and the facts a screen needs.

Raised in operations, turned into problem+json (RFC 9457) by one handler and into a page by one middleware.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions as drf

from dropshop.core.clock import iso

log = logging.getLogger(__name__)

# JSON Schemas of facts; what stands in one as `example` is shown in the API's document.
TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer"}
ID: Mapping[str, Any] = {"type": "string", "format": "uuid"}
MOMENT: Mapping[str, Any] = {"type": "string", "format": "date-time"}
NAMES: Mapping[str, Any] = {"type": "array", "items": TEXT}


class DropshopError(Exception):
    """A refusal with a name. Its `facts` stand beside it in the answer; `brings` says which those are.

    They are given as JSON values or moments, and kept as JSON values.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This did not work."
    soon: ClassVar[float | None] = None  # seconds after which to ask again, where nobody knows better
    # By name the schema of each fact; one whose name ends in "?" is not always there.
    brings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after = self.soon if retry_after is None else retry_after
        self.facts: dict[str, Any] = {name: iso(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items()}


class Busy(DropshopError):
    """Too much at once, or a part of the shop is away; says nothing of the stock (L4), nor of what was done: ask again."""

    code, status, title = "busy", 503, "Busy. Try again in a moment."
    soon = 1


class ConcurrentUpdate(DropshopError):
    """Deadlock, lock timeout or serialization failure, still there after the server's own retries."""

    code, status, title = "concurrent_update", 409, "Busy. Somebody changed the same thing; try again."
    soon = 1


class RateLimited(DropshopError):
    """Too many requests; `retry_after` says in how many seconds the next one is let in."""

    code, status, title = "rate_limited", 429, "Too many requests. Wait a moment."
    brings = {"challenge?": {"type": "object", "additionalProperties": True}}


class NotFound(DropshopError):
    """There is no such thing, or it is not yours."""

    code, status, title = "not_found", 404, "There is nothing here."


class Forbidden(DropshopError):
    """Known, but not allowed."""

    code, status, title = "permission_denied", 403, "You may not do this."
    brings = {"missing?": NAMES, "queue?": TEXT, "karma?": NUMBER, "karma_needed?": NUMBER, "silenced_until?": MOMENT}


class NotAuthenticated(DropshopError):
    """Sign in first."""

    code, status, title = "not_authenticated", 401, "Sign in first."


class Invalid(DropshopError):
    """Bad input; `errors` names each field and what is wrong with it."""

    code, status, title = "invalid", 400, "Some of this is not valid."
    brings = {
        "errors": {"type": "object", "additionalProperties": NAMES, "example": {"size": ["Choose a size."]}},
        "faults?": {"type": "array", "items": {"type": "object"}},
    }

    def __init__(self, detail: str = "", *, errors: dict[str, list[str]] | None = None, **facts: Any) -> None:
        super().__init__(detail, errors=errors or {}, **facts)


class IdempotencyMismatch(DropshopError):
    """The same Idempotency-Key came with another request (H8)."""

    code, status, title = "idempotency_mismatch", 422, "This Idempotency-Key was used for another request."


class MethodNotAllowed(DropshopError):
    """The address exists, the method does not."""

    code, status, title = "method_not_allowed", 405, "This address does not know that method."


class NotAcceptable(DropshopError):
    """The shop cannot answer in the wanted form."""

    code, status, title = "not_acceptable", 406, "The API answers in JSON."


class UnsupportedMediaType(DropshopError):
    """The body is of a kind this address does not read."""

    code, status, title = "unsupported_media_type", 415, "The API reads JSON."


class TooLarge(DropshopError):
    """The body is larger than any honest request."""

    code, status, title = "too_large", 413, "This is too large."
    brings = {"limit?": NUMBER}


def problem_body(error: DropshopError) -> dict[str, Any]:
    """The error as the JSON object of RFC 9457; its facts stand beside the five members everybody knows."""
    return {
        "type": f"{settings.SITE_URL}/api/docs/errors#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        **error.facts,
    }


def problem(error: DropshopError) -> JsonResponse:
    """The error as application/problem+json."""
    response = JsonResponse(problem_body(error), status=error.status, content_type="application/problem+json")
    for name, value in refusal_headers(error).items():
        response[name] = value
    note_outcome(error)
    return response


def refusal_headers(error: DropshopError) -> dict[str, str]:
    """What a refusal says beside its problem: no cache keeps it; when to come again; how to sign in."""
    found = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        found["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    return found


def note_outcome(error: DropshopError) -> None:
    """The line of this request in the log says why it was refused; once it is answered this is forgotten."""
    structlog.contextvars.bind_contextvars(outcome=error.code)


def field_errors(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested details, flattened: {"address.city": ["This field is required."]}."""
    if isinstance(detail, dict):
        pairs: Iterable[tuple[Any, Any]] = detail.items()
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = ((str(place), item) for place, item in enumerate(detail))
    else:
        items = detail if isinstance(detail, list) else [detail]
        return {prefix or "request": [str(item) for item in items]}
    found: dict[str, list[str]] = {}
    for name, item in pairs:
        own = "" if name == "non_field_errors" else str(name)  # about the whole of it
        found |= field_errors(item, ".".join(part for part in (prefix, own) if part))
    return found


UNKNOWN = "This field is not known here."
MAX_FIELDS_NAMED = 20  # unknown fields that one refusal names: a stranger may send thousands


def unknown_fields(sent: Iterable[Any], known: Collection[str], prefix: str = "") -> dict[str, list[str]]:
    """A fault for each of the names in `sent` that is not `known`; for the `errors` of an Invalid."""
    names = [str(name)[:100] for name in sent if name not in known]
    return {f"{prefix}{name}": [UNKNOWN] for name in names[:MAX_FIELDS_NAMED]}


def translate(error: Exception) -> DropshopError | None:
    """Django's, DRF's and the database's own errors as ours; None for what is a bug and must be a 500."""
    match error:
        case DropshopError():
            return error
        case drf.APIException():
            return _translate_drf(error)
        case PermissionDenied():
            return Forbidden()
        case Http404():
            return NotFound()
        case RequestDataTooBig():
            return TooLarge()
        case DataError():  # the last net under bad input: a number or text that no column can hold
            return Invalid("A value is beyond what can be stored.")
        case OperationalError() | InterfaceError() | InternalError() if _is_away(error):
            # A connection lost at COMMIT leaves open whether it was done.
            return Busy("The shop cannot reach its database. Whether this was done is not known yet.", retry_after=2)
    return None


def _translate_drf(error: drf.APIException) -> DropshopError | None:
    match error:
        case drf.ValidationError():
            return Invalid(errors=field_errors(error.detail))
        case drf.ParseError():
            return Invalid(str(error.detail))
        case drf.UnsupportedMediaType():
            return UnsupportedMediaType()
        case drf.MethodNotAllowed():
            return MethodNotAllowed()
        case drf.NotAcceptable():
            return NotAcceptable()
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return NotAuthenticated(str(error.detail))
        case drf.PermissionDenied():
            return Forbidden(str(error.detail))  # names a failed CSRF check
        case drf.NotFound():
            return NotFound()
        case drf.Throttled():
            return RateLimited(retry_after=getattr(error, "wait", None))
    return None


def _is_away(error: Exception) -> bool:
    """Whether the connection is lost. Of PostgreSQL's internal errors one says so: we froze in a transaction for too long."""
    return not isinstance(error, InternalError) or getattr(error.__cause__, "sqlstate", None) == "25P03"


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: every error of the API as problem+json with a code (docs/api.md)."""
    known = translate(error)
    if known is None:
        return None
    if isinstance(error, DatabaseError | InterfaceError):
        log.warning("answered %s", known.code, exc_info=error)
    return problem(known)


class DropshopErrorMiddleware:
    """Turns a refusal that reaches the top into problem+json under /api/ and into a page elsewhere."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, Http404 | PermissionDenied) and not request.path.startswith("/api/"):
            return None  # Django's own 404 and 403 pages
        known = translate(error)
        if known is None:
            return None
        if isinstance(error, DatabaseError | InterfaceError):
            log.warning("answered %s", known.code, exc_info=error)
        return error_page(request, known)


def error_page(request: HttpRequest, error: DropshopError) -> HttpResponseBase:
    """The refusal in the form its reader wants: problem+json for the API, a page for people."""
    if request.path.startswith("/api/"):
        return problem(error)
    response = render(None, "error.html", {"error": error}, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = refusal_headers(error)["Retry-After"]
    note_outcome(error)
    return response


class Gone(Exception):
    """The client hung up before its body was complete: there is no request, and nobody to answer."""


def as_refusal(error: Exception) -> DropshopError:
    """The error by its name; a bug is logged and told as busy, which says nothing of what was done."""
    known = translate(error)
    if known is None:
        log.error("a request failed", exc_info=error)
        return Busy()
    return known
