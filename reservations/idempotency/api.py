"""The idempotency wrapper (H8): wraps the POST of a view in the URL configuration, so that a repeated request has one effect.

It is here and not in the apps, because the keys belong to `reservations`, which `drops` may not import.
"""

import functools
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from reservations.idempotency import keys
from reservations.idempotency.keys import RequestKey, StoredResponse

REPLAYED = {"Idempotent-Replayed": "true"}


def key_of(request: Request) -> RequestKey | None:
    """The request's key, bound to its member, address and JSON body; None where it sent none. Raises Invalid."""
    said = keys.said_by(request.method or "", request.path, request.data)
    return keys.key_of(request.user, request.headers.get("Idempotency-Key"), *said)


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same view; its POST answers a repeated Idempotency-Key with what it answered first, and does nothing.

    A refusal is not kept: what was refused may be tried again under the same key.
    """
    handler = view.cls.post  # type: ignore[attr-defined]

    @functools.wraps(handler)
    def post(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = key_of(request)
        if key is None:
            return handler(self, request, *args, **kwargs)
        done: list[bool] = []

        def act() -> StoredResponse:
            done.append(True)
            response = handler(self, request, *args, **kwargs)
            return StoredResponse(response.status_code, response.data)

        answer = keys.run_once(key, act)
        return Response(answer.body, status=answer.status, headers={} if done else REPLAYED)

    view.cls.post = post  # type: ignore[attr-defined]
    return keeps_key(view)


def keeps_key(view: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a view whose POST handles the Idempotency-Key itself, for the API's document."""
    view.cls.takes_idempotency_key = True  # type: ignore[attr-defined]
    return view
