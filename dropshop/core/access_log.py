"""The log line of a request that is answered without Django: the same as `dropshop.core.logs.RequestLog` writes, for a few
microseconds. Structlog's way costs some 250, as much as the desk needs for all else.

Lines of answers that are told together are written together, behind them.
"""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from dropshop.core import logs

NAME = "django_structlog.middlewares.request"
log = logging.getLogger(NAME)

_lines: list[bytes] = []


def finished(*, request: str, code: int, client: str, request_id: str, member: str = "", outcome: str = "") -> None:
    """Says how the request ("POST /path") ended, with this status; `outcome` is the code of a refusal. On the event loop."""
    if not log.isEnabledFor(logging.INFO):
        return
    facts: dict[str, Any] = {"code": code, "request": request, "event": "request_finished", "client": client}
    if member:
        facts["member"] = member
    if outcome:
        facts["outcome"] = outcome
    facts["request_id"] = request_id
    if logs.form != "json":  # drawn on a terminal, where nobody counts microseconds
        structlog.get_logger(NAME).info(**facts)
        return
    facts["level"], facts["logger"], facts["timestamp"] = "info", NAME, datetime.now(UTC)
    if not _lines:
        asyncio.get_running_loop().call_soon(flush)
    _lines.append(orjson.dumps(facts, option=orjson.OPT_UTC_Z))


def flush() -> None:
    """Writes what has been said."""
    if not _lines:
        return
    lines = b"\n".join(_lines).decode() + "\n"
    _lines.clear()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            with handler.lock:  # type: ignore[union-attr]  # a handler has one
                handler.stream.write(lines)
                handler.flush()
            return
