"""The headers of answers, as the document describes them."""

from collections.abc import Sequence
from typing import Any

from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError, RateLimited

WAITS = (Busy, RateLimited, ConcurrentUpdate)


def _header(description: str, schema: dict[str, Any] | None = None, *, required: bool = True) -> dict[str, Any]:
    return {"description": description, "schema": schema or {"type": "string"}, "required": required}


REQUEST_ID = _header("The request's id, which support asks for; your own, if you sent a valid one.")
CACHE = _header("`no-store` on answers to members; a visitor's answer may be cached and revalidated by its ETag.")
ETAG = _header("Weak: names the facts, not the bytes.")
LOCATION = _header("The address of what was created.", {"type": "string", "format": "uri-reference"})
AUTHENTICATE = _header("How to sign in: `Bearer`.")
RETRY_AFTER = _header("Seconds to wait before the same is sent again.", {"type": "integer", "minimum": 1})
REPLAYED = _header(
    "Present when the answer is that of an earlier request with the same Idempotency-Key.",
    {"type": "string", "enum": ["true"]},
    required=False,
)
RATE_LIMIT = _header(
    'What is left of each limit, and the seconds until it is full again: `"member";r=9;t=1, "address";r=599;t=1`.',
    required=False,
)
RATE_LIMIT_POLICY = _header(
    'The limits: `"member";q=10;w=10` lets ten through in ten seconds (draft-ietf-httpapi-ratelimit-headers).', required=False
)


def headers_of(
    status: int, kinds: Sequence[type[DropshopError]], *, replays: bool = False, is_limited: bool = False
) -> dict[str, Any]:
    """Those of an answer with this status, which is one of these refusals or none; `replays`: of a call that takes a key."""
    found = {"X-Request-ID": REQUEST_ID, "Cache-Control": CACHE}
    applies = {
        "ETag": (ETAG, status == 304 or (status == 200 and not kinds and not replays)),
        "Location": (LOCATION, status == 201),
        "WWW-Authenticate": (AUTHENTICATE, status == 401),
        "Retry-After": (
            RETRY_AFTER if all(issubclass(kind, WAITS) for kind in kinds) else {**RETRY_AFTER, "required": False},
            any(issubclass(kind, WAITS) for kind in kinds) or status == 402,
        ),
        "Idempotent-Replayed": (REPLAYED, replays),
        "RateLimit": (RATE_LIMIT, is_limited),
        "RateLimit-Policy": (RATE_LIMIT_POLICY, is_limited),
    }
    return found | {name: header for name, (header, wanted) in applies.items() if wanted}
