"""What Django answers when no view did: in the form its reader wants, and without needing a database.

Named in `dropshop/urls.py`. Whatever goes wrong outside a view (a session that cannot be read, a middleware, a header)
ends here, so that a database that is away is a 503 wherever it is first missed.
"""

import logging
import sys
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from dropshop.core.errors import DropshopError, Forbidden, Invalid, NotFound, TooLarge, error_page, translate

log = logging.getLogger(__name__)


class Broken(DropshopError):
    """A bug of ours; it is in the log, with the request's id."""

    code, status, title = "internal_error", 500, "Something broke on our side."


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """400 for what is malformed beyond a view's reach, 413 for what is too large."""
    match exception:
        case RequestDataTooBig():
            return error_page(request, TooLarge())
        case DisallowedHost():
            return error_page(request, Invalid("This shop does not answer to that host name."))
    return error_page(request, Invalid("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """403."""
    if _for_programs(request):
        return error_page(request, Forbidden())
    return defaults.permission_denied(request, exception or PermissionError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if _for_programs(request):
        return error_page(request, NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500 for a bug; 503 where the database, or whatever else `translate` knows, was the cause."""
    error: Any = sys.exc_info()[1]
    known = translate(error)
    if known is not None:
        log.warning("answered %s outside a view", known.code, exc_info=error)
        return error_page(request, known)
    return error_page(request, Broken()) if _for_programs(request) else defaults.server_error(request)


def _for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
