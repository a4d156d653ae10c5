"""The document (`/api/schema/`), how to try it (`/api/docs/`), and what each refusal means (`/api/docs/errors`)."""

import functools
import hashlib
import inspect
import threading
from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.encoding import force_bytes
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from dropshop.core.api.authentication import CookieAuthentication
from dropshop.core.errors import DropshopError


class Document(SpectacularAPIView):
    """OpenAPI 3 as YAML, or as JSON for those who ask for it (`?format=json`).

    It says the same to everybody, so it is made once: drf-spectacular wants most of a second, and fails where two threads
    ask for it at once.
    """

    content_negotiation_class = DefaultContentNegotiation

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The bytes that were made once, or 304 for who has them."""
        renderer = request.accepted_renderer
        with _making:
            if renderer.media_type not in _made:
                _made[renderer.media_type] = force_bytes(renderer.render(whole_document(), renderer_context={}))
        content = _made[renderer.media_type]
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        response = HttpResponse(content, content_type=f"{renderer.media_type}; charset=utf-8", headers={"ETag": etag})
        response["Content-Disposition"] = f'inline; filename="{spectacular_settings.TITLE}.{renderer.format}"'
        return get_conditional_response(request, etag=etag, response=response) or response


_making = threading.Lock()
_made: dict[str, bytes] = {}  # by media type


@functools.cache
def whole_document() -> dict[str, Any]:
    """The OpenAPI document; not for two threads at once."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def document_of_the_api() -> dict[str, Any]:
    """The OpenAPI document, whoever asks beside."""
    with _making:
        return whole_document()


class Browser(SpectacularSwaggerSplitView):
    """Swagger UI in two requests: the page, and its script. Nothing inline, so that the strict policy stands."""

    template_name = "api/docs.html"
    authentication_classes = [CookieAuthentication]
    content_negotiation_class = DefaultContentNegotiation


document = cache_control(public=True, max_age=60)(Document.as_view())
browser = Browser.as_view()


def family() -> list[type[DropshopError]]:
    """Every refusal of the shop, one per code, in the order of status and code."""
    found: dict[str, type[DropshopError]] = {}
    waiting = DropshopError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.setdefault(kind.code, kind)
    return sorted(found.values(), key=lambda kind: (kind.status, kind.code))


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Each code, what it means and what to do; the `type` of a problem points into this page."""
    kinds = [
        {"code": kind.code, "status": kind.status, "title": kind.title, "words": _marked(inspect.cleandoc(kind.__doc__ or ""))}
        for kind in family()
    ]
    return render(request, "api/errors.html", {"kinds": kinds})


def _marked(text: str) -> SafeString:
    """The text with its `facts` marked as such."""
    parts = text.split("`")
    return format_html_join(
        "",
        "{}{}",
        (
            (part, format_html("<code>{}</code>", fact) if fact else "")
            for part, fact in zip_longest(parts[::2], parts[1::2], fillvalue="")
        ),
    )
