"""What the shop refuses before it reads on: bodies beyond any honest size, and text that no column can hold."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from dropshop.core.api.parsers import NUL
from dropshop.core.errors import DropshopError, Invalid, TooLarge, error_page

# In the WSGI environment, where no header can have such a name: what was wrong before there was a request (dropshop/edge).
REFUSAL = "dropshop.refusal"


class RequestChecks:
    """Refuses by the headers alone, before anybody reads the body: 413 for its size, 400 for its length or for NULs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if REFUSAL in request.META:
            made: Any = request
            made.tells_later = True  # no client sent it; who was refused is logged by dropshop/edge/refusals.py
            return error_page(request, request.META[REFUSAL])
        refusal = _refusal(request)
        return self.get_response(request) if refusal is None else error_page(request, refusal)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        """Forms are read once the view is known; what their fields hold is checked before any view sees it."""
        if request.path_info.startswith("/api/"):
            return None  # reads JSON, by StrictJSONParser; a form read here would pass for one
        if request.method == "POST" and any(NUL in value for _, values in request.POST.lists() for value in values):
            return error_page(request, Invalid("A form field holds a NUL character."))
        return None


def _refusal(request: HttpRequest) -> DropshopError | None:
    if NUL in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return Invalid("The address holds a NUL character.")
    if any(NUL in value for value in request.COOKIES.values()):
        return Invalid("A cookie holds a NUL character.")
    if "HTTP_TRANSFER_ENCODING" in request.META:  # our own server has read it (dropshop/edge/bodies.py)
        return Invalid("This server reads no body without a Content-Length.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        return Invalid("Content-Length is not a number.")
    allowed = allowed_body(request.path_info, request.content_type or "")
    if int(length) > allowed:
        return TooLarge(f"A request may have {allowed:,} bytes.", limit=allowed)
    return None


def allowed_body(path: str, content_type: str) -> int:
    """Bytes. Pictures come in by a few forms only, as multipart; what they are is checked there (dropshop/core/pictures.py)."""
    uploads = path.startswith(settings.UPLOAD_PATHS) and content_type == "multipart/form-data"
    return settings.UPLOAD_BODY_MAX if uploads else settings.BODY_MAX
