"""A plain shop, as one writes it first: a small process that makes one transaction for each request.

It locks the drop's row, looks whether a pair is left, inserts the reservation and moves the counter. Who asks is what the
request says: there is no sign-in, no limit and no rule, nobody is told, and nothing ends a hold. An Express application with
node-postgres would do the same; this one is a bare ASGI function, whose pool has ten connections, as has that one's by default.
"""

import json
import os
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

CONNECTIONS = 10
TABLES = """
CREATE TABLE IF NOT EXISTS plain_drop (id serial PRIMARY KEY, total int NOT NULL, available int NOT NULL, reserved int NOT NULL,
    CHECK (total = available + reserved AND available >= 0));
CREATE TABLE IF NOT EXISTS plain_reservation (id uuid PRIMARY KEY, drop_id int NOT NULL REFERENCES plain_drop,
    member text NOT NULL, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)
"""
LOCK = "SELECT available FROM plain_drop WHERE id = %s FOR UPDATE"
INSERT = """
INSERT INTO plain_reservation (id, drop_id, member, created_at, expires_at)
VALUES (%s, %s, %s, clock_timestamp(), clock_timestamp() + interval '60 s')
"""
MOVE = "UPDATE plain_drop SET available = available - 1, reserved = reserved + 1 WHERE id = %s"
NOTHING = {"code": "not_found"}
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Pool = AsyncConnectionPool[AsyncConnection[Any]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """`POST /reserve {"drop": 1, "member": "…"}` is answered 201 with an id, or 409."""
    if scope["type"] == "lifespan":
        await _live(scope["state"], receive, send)
    elif scope["type"] == "http" and scope["path"] == "/reserve":
        await _answer(send, *await _reserve(scope["state"]["pool"], json.loads(await _body(receive))))
    else:
        await _answer(send, 404, NOTHING)


async def _reserve(pool: Pool, asked: dict[str, Any]) -> tuple[int, dict[str, str]]:
    drop, made = asked["drop"], uuid.uuid4()
    async with pool.connection() as connection:  # which commits
        left = await (await connection.execute(LOCK, [drop])).fetchone()
        if left is None:
            return 404, NOTHING
        if not left[0]:
            return 409, {"code": "sold_out"}
        await connection.execute(INSERT, [made, drop, asked["member"]])
        await connection.execute(MOVE, [drop])
    return 201, {"id": str(made)}


async def _live(state: dict[str, Any], receive: Receive, send: Send) -> None:
    """While the server lives, `state["pool"]` is open; each request has it."""
    await receive()
    pool: Pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, open=False)
    await pool.open(wait=True)
    state["pool"] = pool
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: Receive) -> bytes:
    body, is_complete = b"", False
    while not is_complete:
        message = await receive()
        body += message.get("body", b"")
        is_complete = not message.get("more_body", False)
    return body


async def _answer(send: Send, status: int, said: dict[str, str]) -> None:
    body = json.dumps(said).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
