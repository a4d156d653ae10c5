"""Stand-ins for the two ends of a socket: a browser that speaks ASGI to it, and a shelf that gives snapshots."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.harness.patience import PATIENCE, until

HOST = "localhost"


class Shelf:
    """One drop whose snapshots are written by hand."""

    def __init__(self, *sizes: str) -> None:
        self.drop, self.slug = str(uuid4()), f"drop-{uuid4().hex[:8]}"
        self.rows = {size: fact(self.drop, size, 0) for size in sizes or ("9", "10")}
        self.phase = "live"
        self.members_only = self.hidden = False
        self.reads = 0
        self.on_read: Callable[[], None] = lambda: None

    def snapshot(self, ref: str, *, viewer: Any = None) -> dict[str, Any] | None:
        self.reads += 1
        answer = None
        if ref in (self.drop, self.slug) and not self.hidden and not (self.members_only and viewer is None):
            rows = [{name: row[name] for name in row if name not in ("type", "drop")} for row in self.rows.values()]
            answer = {"type": "snapshot", "drop": self.drop, "phase": self.phase, "sizes": rows, "recent_buyers": []}
            answer["server_time"] = "2030-01-01T12:00:00Z"
        self.on_read()
        return answer

    def change(self, size: str, version: int, kind: str = "stock-updated", **counters: int) -> dict[str, Any]:
        """The stock moves; returns the message about it, which nobody has sent yet."""
        self.rows[size] = fact(self.drop, size, version, **counters)
        return self.rows[size] | {"type": kind}


def fact(drop: str, size: str, version: int, kind: str = "stock-updated", **counters: int) -> dict[str, Any]:
    known = {"total": 20, "available": 20, "reserved": 0, "sold": 0} | counters
    return {"type": kind, "drop": drop, "size": size, "version": version, "next_expiry": None, **known}


def reserve(drop) -> int:
    """Some member gets a pair of size 9; the size's version after that."""
    from tests.make import make_member, make_reservation  # needs Django, which is not up when conftest is read

    make_reservation(make_member(), drop, "9")
    return drop.sizes.get(label="9").version


class Browser:
    """An open socket, seen from the other end. `frozen` lets it take nothing more."""

    def __init__(self, app: Any, *, origin: str | None = f"http://{HOST}", cookie: str = "", path: str = "/ws/live/") -> None:
        headers = [(b"host", HOST.encode())]
        headers += [(b"origin", origin.encode())] if origin is not None else []
        headers += [(b"cookie", cookie.encode())] if cookie else []
        self.scope = {"type": "websocket", "path": path, "scheme": "ws", "headers": headers, "server": (HOST, 80)}
        self.scope["extensions"] = {"websocket.http.response": {}}
        self.messages: list[dict[str, Any]] = []
        self.status = self.code = self.reason = None
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.gone: Exception | None = None  # what the server says to whoever still sends
        self.task = asyncio.create_task(app(self.scope, self._to_server.get, self._take))

    async def open(self) -> "Browser":
        """Shake hands; `status` is 101 or the refusal."""
        self._to_server.put_nowait({"type": "websocket.connect"})
        await until(lambda: self.status)
        return self

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": data})

    async def join(self, ref: str) -> dict[str, Any]:
        """The snapshot."""
        before = len(self.of("snapshot"))
        self.say({"type": "join-drop", "drop": ref})
        await until(lambda: len(self.of("snapshot")) > before)
        return self.of("snapshot")[-1]

    def freeze(self) -> None:
        self._flowing.clear()

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] in kinds]

    def errors(self) -> list[str]:
        return [message["code"] for message in self.of("error")]

    def versions(self, size: str) -> list[int]:
        """The versions of one size in the order in which they came, snapshots included."""
        seen = []
        for message in self.messages:
            rows = message["sizes"] if message["type"] == "snapshot" else [message]
            seen += [row["version"] for row in rows if row.get("size") == size and "version" in row]
        return seen

    async def asked_and_answered(self) -> None:
        """A ping has come back: whatever was sent to this socket before has arrived."""
        before = len(self.of("pong"))
        self.say({"type": "ping"})
        await until(lambda: len(self.of("pong")) > before)

    async def closed(self) -> int:
        """The close code."""
        await until(lambda: self.code)
        await self.task
        return self.code

    async def hang_up(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(PATIENCE):
            await self.task

    async def _take(self, message: dict[str, Any]) -> None:
        await self._flowing.wait()
        if self.gone is not None:
            raise self.gone
        match message["type"]:
            case "websocket.accept":
                self.status = 101
            case "websocket.send":
                self.messages.append(json.loads(message["text"]))
            case "websocket.close" if self.status is None:
                self.status = 403
            case "websocket.close":
                self.code, self.reason = message["code"], message["reason"]
            case "websocket.http.response.start":
                self.status = message["status"]
