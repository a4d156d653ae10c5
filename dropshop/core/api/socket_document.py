"""The AsyncAPI document of the socket (`/api/asyncapi/`): what a browser may send over `/ws/live/`, and what it is told.

What is also an answer of the API has that answer's schema, so that both documents say the same.
"""

import functools
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dropshop.core.api.docs import document_of_the_api
from dropshop.core.api.examples import example_of
from dropshop.core.errors import ID, MOMENT, NAMES, NUMBER, TEXT

TRUTH: Mapping[str, Any] = {"type": "boolean"}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"oneOf": [schema, {"type": "null"}]}


def _list_of(component: str) -> dict[str, Any]:
    return {"type": "array", "items": _one(component)}


def _one(component: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{component}"}


PLAN = {
    "title": TEXT,
    "price": _one("Money"),
    "phase": _one("Phase"),
    "starts_at": MOMENT,
    "ends_at": MOMENT,
    "called_off": _or_null(TEXT),
}
STOCK = {
    "drop": ID,
    "size": TEXT,
    "total": NUMBER,
    "available": NUMBER,
    "reserved": NUMBER,
    "sold": NUMBER,
    "version": NUMBER,
    "next_expiry": _or_null(MOMENT),
    "server_time": MOMENT,
}
BUYERS = {"recent_buyers": _list_of("RecentBuyer"), "top_purchasers": _list_of("TopPurchaser")}
WORDS = {"type": "object", "properties": dict.fromkeys(("where", "sizes", "price", "who", "status", "votes"), TEXT)}
FEED_ITEM = {"kind": _one("FeedKind"), "about": {"type": "object"}, "author": _or_null(TEXT), "at": MOMENT, "text": TEXT}
# A name that ends in "?" is of a fact that is not always there.
SENT: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "join-drop": ("Tell me of this drop: answered with `snapshot`, or `error`.", {"drop": TEXT}),
    "leave-drop": ("Stop telling me of this drop; `drop` as it was joined.", {"drop": TEXT}),
    "join-feed": ("Tell me what happens in the community: answered with `feed-joined`.", {}),
    "leave-feed": ("Stop telling me of the community.", {}),
    "ping": ("Answered with `pong`.", {}),
}
TOLD: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "snapshot": (
        "The state of a drop; replaces what was known. For a members' drop, a visitor gets no sizes: it is not `complete`.",
        {"drop": ID, "complete": TRUTH, **PLAN, "sizes": _list_of("Size"), **BUYERS, "server_time": MOMENT},
    ),
    "stock-updated": ("A size has changed; of two messages the one with the higher `version` counts.", STOCK),
    "stock-recovered": ("The same, and pairs came back.", STOCK),
    "purchase-created": (
        "A sale.", {"drop": ID, "size": TEXT, "buyer": TEXT, "top_purchasers": _list_of("TopPurchaser"), "at": MOMENT}
    ),
    "drop-updated": ("The plan or the phase of a drop has changed.", {"drop": ID, **PLAN}),
    "queue-updated": (
        "To one member: how it stands for them. Or to all who watch the drop: from where on nobody can win, what staff did.",
        {
            "drop": ID, "state?": TEXT, "cannot_win_from?": _or_null(NUMBER), "on_hold?": TRUTH, "closed_to_new?": TRUTH,
            "word?": TEXT, "later_because?": TEXT, "server_time?": MOMENT,
        },
    ),
    "reservation-created": ("To its owner.", {"reservation": _one("Reservation")}),
    "reservation-ended": ("To its owner.", {"reservation": _one("Reservation")}),
    "notification": (
        "To one member: a notice.",
        {"id": ID, "kind": TEXT, "text": TEXT, "url": TEXT, "created_at": MOMENT, "read_at": _or_null(MOMENT)},
    ),
    "notices-read": ("To one member, who read them on another screen.", {"unread": NUMBER}),
    "karma-updated": (
        "To one member; keep the highest `version`.", {"balance": NUMBER, "points": NUMBER, "version": NUMBER}
    ),
    "request-updated": (
        "To one member: a purchase request has moved.",
        {"request": ID, "drop": ID, "status": _one("RequestStatus"), "moved_at": MOMENT},
    ),
    "trade-updated": ("To both sides.", {"trade": ID, "status": _one("TradeStatus")}),
    "feed-joined": (
        "Who watches the feed from now on; again whenever messages were lost.",
        {"newest": _or_null({"type": "object", "properties": {"id": ID, "at": MOMENT}}), "server_time": MOMENT},
    ),
    "feed-item": (
        "Something has happened.",
        {
            "id": ID, **FEED_ITEM, "author_id": _or_null(ID), "links": TRUTH, "pictures": _list_of("Picture"),
            "likes": NUMBER, "comments": NUMBER, "url": TEXT, "with_ids?": {"type": "array", "items": ID},
        },
    ),
    "feed-item-updated": (
        "Likes and comments, and the text where it was edited.",
        {
            "id": ID, "likes": NUMBER, "comments": NUMBER, "text?": TEXT, "author_id?": _or_null(ID),
            "with_ids?": {"type": "array", "items": ID},
        },
    ),
    "feed-item-hidden": ("Take it off the screen.", {"id": ID}),
    "feed-comment-hidden": ("Take it off the screen.", {"id": ID, "item": ID}),
    "restock-updated": (
        "A report as the API tells it, with words for a page; or only that it is `hidden`.",
        {
            "id": ID, "author_id": _or_null(ID), "hidden?": TRUTH, "tint?": TEXT, "words?": WORDS,
            "store?": _one("StoreSummary"), "sneaker?": _one("SneakerSummary"), "sizes?": NAMES, "confirmed_sizes?": NAMES,
            "price?": _or_null(_one("Money")), "link?": TEXT, "picture?": _or_null(TEXT), "note?": TEXT,
            "status?": _one("RestockStatus"), "reporter?": _or_null(_one("Reporter")),
            "source?": _or_null(_one("ReportingSource")), "confirmations?": NUMBER, "disputes?": NUMBER,
            "created_at?": MOMENT, "confirmed_at?": _or_null(MOMENT), "ended_at?": _or_null(MOMENT), "url?": TEXT,
        },
    ),
    "feed-skipped": ("So many items were left out of a flood.", {"count": NUMBER}),
    "pong": ("By the database's clock.", {"server_time": MOMENT}),
    "error": ("The request cannot be served.", {"code": TEXT, "detail": TEXT, "drop?": TEXT}),
}  # fmt: skip


@require_safe
@cache_control(public=True, max_age=60)
def document(request: HttpRequest) -> HttpResponse:
    """AsyncAPI 3, as JSON."""
    return JsonResponse(whole_document())


@functools.cache
def whole_document() -> dict[str, Any]:
    """The AsyncAPI document."""
    scheme, _, host = settings.SITE_URL.partition("://")
    names = {**SENT, **TOLD}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "dropshop, live", "version": "1", "description": DESCRIPTION},
        "servers": {"shop": {"host": host, "protocol": "wss" if scheme == "https" else "ws"}},
        "channels": {
            "live": {
                "address": "/ws/live/",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
        },
        "operations": {"receive": _operation("receive", SENT), "send": _operation("send", TOLD)},
        "components": {"messages": {name: _message(name, *about) for name, about in names.items()}, "schemas": _schemas()},
    }


DESCRIPTION = (
    "One WebSocket, JSON text in both directions. A browser connects from the shop's own origin or one that is named in "
    "CSRF_TRUSTED_ORIGINS; a foreign or missing `Origin` is refused with 403. A session cookie makes it a member's."
)


def _operation(action: str, messages: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _message(name: str, summary: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    payload = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": name, "example": name},
            **{fact.rstrip("?"): schema for fact, schema in facts.items()},
        },
        "required": ["type", *(fact for fact in facts if not fact.endswith("?"))],
    }
    example = example_of(payload, document_of_the_api()["components"]["schemas"], f"{name}.")
    return {"name": name, "summary": summary, "payload": payload, "examples": [{"payload": example}]}


def _schemas() -> dict[str, Any]:
    """Those of the API's document, as JSON Schema has them: there `null` is a type."""
    schemas: dict[str, Any] = _with_null(document_of_the_api()["components"]["schemas"])
    return {name: schema for name, schema in schemas.items() if not name.endswith("Problem")}


def _with_null(schema: Any) -> Any:
    match schema:
        case dict():
            found = {name: _with_null(part) for name, part in schema.items() if name != "nullable"}
            return _or_null(found) if schema.get("nullable") is True else found
        case list():
            return [_with_null(part) for part in schema]
    return schema
