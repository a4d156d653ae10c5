"""A request of ASGI as WSGI has it (PEP 3333), for Django's own way of reading it."""

import io
import sys
from collections.abc import Mapping
from typing import Any

Environ = dict[str, Any]


def environ_of(scope: Mapping[str, Any], content: bytes) -> Environ:
    """The request with this body.

    Raw bytes in a query would become a 500; a header `X_Forwarded_For` would pass for `X-Forwarded-For`.
    """
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "asgi.scope": scope,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin1"),
        "QUERY_STRING": "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in scope["query_string"]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client") is not None:
        environ["REMOTE_ADDR"] = scope["client"][0]
    for name, value in scope["headers"]:
        if b"_" not in name:
            _add_header(environ, name, value.decode("latin1"))
    return environ


def _add_header(environ: Environ, name: bytes, value: str) -> None:
    key = name.decode("latin1").upper().replace("-", "_")
    if key not in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        key = f"HTTP_{key}"
    before = environ.get(key)
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = value if before is None else f"{before}{separator}{value}"
