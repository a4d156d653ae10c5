"""One request, sent in this process by either way: to the desk's endpoint, or past it to the ordinary view."""

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from django.test import RequestFactory

from community.accounts import tokens
from dropshop import asgi
from dropshop.core.clock import database_time
from dropshop.core.ids import parse_id
from reservations.desk.group_commit import GroupCommit
from reservations.desk.purchase_door import PurchaseDoor
from reservations.desk.queue_door import QueueDoor
from reservations.desk.reserve_door import ReserveDoor
from reservations.passes.tokens import issue_pass
from tests.harness.shoppers import CSRF, sign_in_all
from tests.make import make_drop, make_member

HOST = "localhost"
OWN = ("x-request-id", "content-length", "location")  # of each answer alone
NEW_EACH_TIME = ("set-cookie",)
TOLD_ANEW = {
    *("id", "drop", "number", "confirm_url"),
    *("created_at", "expires_at", "server_time", "retry_at", "starts_at", "ends_at", "pinned_until"),
}
_hosts = itertools.count(1)


@dataclass
class Request:
    """What is sent: a member who is signed in by `by` asks for a size of a drop of their own."""

    by: str = "cookie"
    body: Any = field(default_factory=lambda: {"size": "9"})
    path: str = ""
    method: str = "POST"

    def __post_init__(self) -> None:
        self.member, self.drop = make_member(), make_drop({"9": 2, "10": 1})
        self.path = self.path or f"/api/v1/drops/{self.drop.pk}/reserve"
        (jar,) = sign_in_all([self.member])
        self.session, self.cookies = jar["sessionid"], dict(jar)
        self.headers = {"host": HOST, "content-type": "application/json"}
        self.more: list[tuple[str, str]] = []
        self.scheme, self.query = "http", b""
        self.client = f"203.0.113.{next(_hosts)}"
        match self.by:
            case "cookie":
                self.headers["x-csrftoken"] = CSRF
            case "token":
                self.cookies.clear()
                self.headers["authorization"] = f"Bearer {tokens.issue(self.member, request=RequestFactory().post('/')).access}"
            case "pass":
                self.cookies.clear()
                self.headers["x-drop-pass"] = issue_pass(self.member, self.drop, self.session, at=database_time()).text

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def scope(self) -> dict[str, Any]:
        """As a server would have it."""
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        headers = [*(self.headers | cookies | {"content-length": str(len(self.content))}).items(), *self.more]
        return {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "query_string": self.query,
            "http_version": "1.1",
            "scheme": self.scheme,
            "server": (HOST, 80),
            "client": (self.client, 5),
            "headers": [(name.encode(), value.encode("latin1")) for name, value in headers],
        }


@dataclass
class Answer:
    """What came back, and whether the desk has said it."""

    status: int
    headers: list[tuple[str, str]]
    body: Any
    by_desk: bool


def send(request: Request, *, doors: bool) -> Answer:
    """Sends it, past the desk where `doors` are shut."""
    return send_all([request], doors=doors)[0]


def send_all(requests: list[Request], *, doors: bool) -> list[Answer]:
    """All of them at the same moment; the answers in their order."""
    ordinary, seen = asgi.patiently, set()

    async def noted(scope: Any, send: Any, pages: Any) -> None:
        seen.add(scope["client"])
        await ordinary(scope, send, pages)

    async def scene() -> list[tuple[dict[str, Any], bytes]]:
        desk = GroupCommit(threads=1)
        asgi.doors[:] = [ReserveDoor(desk, hears=lambda: False), PurchaseDoor(desk), QueueDoor(desk)] if doors else []
        asgi.patiently = noted
        try:
            return list(await asyncio.gather(*map(_sent, requests)))
        finally:
            asgi.patiently, asgi.doors[:] = ordinary, [asgi.reserving, asgi.buying, asgi.queueing]
            desk._threads.submit(connections.close_all).result()
            desk.stop()

    return [
        Answer(
            start["status"],
            sorted((name.decode(), value.decode("latin1")) for name, value in start["headers"]),
            json.loads(body) if body else None,
            by_desk=(request.client, 5) not in seen,
        )
        for request, (start, body) in zip(requests, asyncio.run(scene()), strict=True)
    ]


async def _sent(request: Request) -> tuple[dict[str, Any], bytes]:
    """The start of the answer, and its body."""
    came: list[dict[str, Any]] = []
    waits = [{"type": "http.request", "body": request.content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waits.pop(0) if waits else await asyncio.get_running_loop().create_future()

    async def keep(message: dict[str, Any]) -> None:
        came.append(message)

    await asgi.http(request.scope(), receive, keep)
    start, *parts = came
    return start, b"".join(part.get("body", b"") for part in parts)


def same(value):
    """What two answers to the same request have in common."""
    if isinstance(value, dict):
        return {name: "…" if name in TOLD_ANEW or is_id(each) else same(each) for name, each in value.items()}
    return value


def seen(answer):
    headers = [(name, value.partition("=")[0] if name in NEW_EACH_TIME else value) for name, value in answer.headers]
    return answer.status, same(answer.body), [pair for pair in headers if pair[0] not in OWN]


def is_id(value):
    """Whether this is the id of something, such as the hold of a purchase."""
    return isinstance(value, str) and parse_id(value) is not None
