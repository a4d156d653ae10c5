"""ETags, so that asking again costs a screen nothing while nothing has changed."""

import hashlib
import json
from typing import Any

from django.http.response import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

CLOCK = "server_time"


def with_etag(request: Request, response: HttpResponse) -> HttpResponseBase:
    """The answer with a weak tag over its facts; 304 where the client has them already.

    The tag leaves out the server's clock, which changes nothing by itself. A cache keeps nothing that a member was told, and
    nobody else's for others, because members see more.
    """
    tag = f'W/"{hashlib.sha256(_said(response)).hexdigest()[:32]}"'
    response["ETag"] = tag
    response["Cache-Control"] = "no-store" if request.user.is_authenticated else "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    unchanged = get_conditional_response(request._request, etag=tag, response=response)
    if unchanged is None or unchanged is response:
        return response
    unchanged["Cache-Control"] = response["Cache-Control"]
    patch_vary_headers(unchanged, ["Authorization", "Cookie"])
    return unchanged


def _said(response: HttpResponse) -> bytes:
    if isinstance(response, Response):
        return json.dumps(_facts(response.data), sort_keys=True, default=str).encode()
    return response.content


def _facts(body: Any) -> Any:
    match body:
        case dict():
            return {name: _facts(value) for name, value in body.items() if name != CLOCK}
        case list():
            return [_facts(item) for item in body]
    return body
