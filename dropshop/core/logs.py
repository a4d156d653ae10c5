"""Logs: one JSON object per line where machines read, coloured lines on a terminal; and never a person or a secret in them.

Every line of a request carries its `request_id` (also in the answer's X-Request-ID), the `client`'s address and the
`member`'s id; the tasks it started carry them on. Django calls `configure()` (settings.LOGGING_CONFIG).
"""

import logging
import logging.config
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty
from django_structlog.celery.steps import DjangoStructLogInitStep
from django_structlog.middlewares import RequestMiddleware

from dropshop.core import log_files
from dropshop.core.client_address import client_address
from dropshop.core.errors import translate
from dropshop.core.redaction import redact

_REQUEST_ID = re.compile(r"[\w.:-]{8,128}", re.ASCII)
_QUIET = ("/healthz", "/readyz", "/static/")


def request_id_for(sent: str) -> str:
    """The id a client `sent`, where it cannot break a log line or pass for something else; otherwise a new one."""
    return sent if _REQUEST_ID.fullmatch(sent) else os.urandom(16).hex()


class RequestLog(RequestMiddleware):
    """One line per request, when it is finished, and X-Request-ID in and out. The outermost middleware."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.prepare(request)
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        response: Any = self.get_response(request)
        response["X-Request-ID"] = request_id
        self.handle_response(request, response)
        return response

    def prepare(self, request: HttpRequest) -> None:
        """Binds what every line of this request carries."""
        structlog.contextvars.clear_contextvars()
        request_id = request_id_for(request.headers.get("X-Request-ID", ""))
        structlog.contextvars.bind_contextvars(request_id=request_id, client=client_address(request))

    def handle_response(self, request: HttpRequest, response: Any) -> None:
        """Says how it ended; health probes and static files only when they did not end well."""
        if request.path_info.startswith(_QUIET) and response.status_code < 400:
            structlog.contextvars.clear_contextvars()
            return
        if getattr(request, "tells_later", False):  # whoever sends the answer writes the line
            structlog.contextvars.clear_contextvars()
            return
        super().handle_response(request, response)

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """The member's id, where somebody has asked who it is: a log line is no reason to ask the database."""
        user = getattr(request, "user", None)
        if isinstance(user, SimpleLazyObject) and user.__dict__.get("_wrapped", empty) is empty:
            return
        if user is not None and user.pk is not None:
            structlog.contextvars.bind_contextvars(member=str(user.pk))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path. Not the query: it may hold what somebody searched for, or a token."""
        return f"{request.method} {request.path}"

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Bugs with their traceback; what has a name is answered and logged where it is answered."""
        if translate(exception) is None:
            super()._process_exception(request, exception)


# -- Configuration ---------------------------------------------------------------------------------

form = "json"  # or "console", as `configure` was told


_SHARED: list[Callable[..., Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # Tracebacks as text and without local variables, which hold addresses and passwords.
    structlog.processors.ExceptionRenderer(),
    redact,
]

_LEVELS = {
    "django": "NOTSET",
    # Said once, by RequestLog, with the request's id.
    "django.request": "CRITICAL",
    "django.security.DisallowedHost": "CRITICAL",
    "django.server": "WARNING",
    "uvicorn": "NOTSET",
    "uvicorn.error": "NOTSET",
    "uvicorn.access": "CRITICAL",
    # Three tasks a second would fill the log with their successes.
    "celery": "WARNING",
    "kombu": "WARNING",
    # What is read of other stores is told where it fails (community/feed_reader/sources.py).
    "httpx2": "WARNING",
    "httpcore2": "WARNING",
    # They would tell every letter of a receipt's name and address (reservations/checkout/receipt_pdf.py).
    "fontTools": "WARNING",
    "fpdf": "WARNING",
}


def configure(wanted: dict[str, str]) -> None:
    """Sets up the standard library's loggers and structlog's, in one stream and one form, from settings.LOGGING.

    `level` as in logging; `form` is "json", "console", or "auto": console on a terminal, JSON elsewhere.
    """
    global form
    form = wanted["form"]
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_SHARED],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_colours, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"shop": formatter},
            "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "shop"}},
            "root": {"handlers": ["stream"], "level": wanted["level"]},
            "loggers": {name: {"handlers": [], "propagate": True, "level": level} for name, level in _LEVELS.items()},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if file := os.environ.get(log_files.VARIABLE):
        log_files.follow(Path(file))


def _without_colours(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Uvicorn says everything a second time, in colour."""
    event.pop("color_message", None)
    return event


def follow_celery(app: Celery) -> None:
    """Workers and beat log as Django was told to, and their lines carry the request that started the task."""
    app.steps["worker"].add(DjangoStructLogInitStep)
    # Somebody listening is what keeps Celery from setting up logging of its own.
    setup_logging.connect(_already_set_up)


def _already_set_up(**_: Any) -> None:
    """Django has done it."""
