"""ETags, so that asking again costs a screen nothing while nothing has changed."""

import hashlib
import json
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

CLOCK = "server_time"
TAG_PARAMETERS = [
    OpenApiParameter("If-None-Match", str, "header", description="The ETag of the answer you have."),
    OpenApiParameter("ETag", str, "header", response=[200, 304], description="Weak: names the facts, not the bytes."),
]
UNCHANGED = {304: OpenApiResponse(description="Nothing has changed.")}


def tagged(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    """`body` with a weak tag over its facts; 304 where the client has them already.

    The tag leaves out the server's clock, which changes nothing by itself. Private, because members see more.
    """
    tag = f'W/"{hashlib.sha256(json.dumps(_facts(body), sort_keys=True).encode()).hexdigest()[:32]}"'
    response = Response(body, headers={"ETag": tag, "Cache-Control": "private, no-cache"})
    patch_vary_headers(response, ["Authorization", "Cookie"])
    unchanged = get_conditional_response(request._request, etag=tag, response=response)
    if unchanged is None or unchanged is response:
        return response
    unchanged["Cache-Control"] = response["Cache-Control"]
    patch_vary_headers(unchanged, ["Authorization", "Cookie"])
    return unchanged


def _facts(body: Any) -> Any:
    match body:
        case dict():
            return {name: _facts(value) for name, value in body.items() if name != CLOCK}
        case list():
            return [_facts(item) for item in body]
    return body
