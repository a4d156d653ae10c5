"""Pages, API and admin as a WSGI application."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from dropshop.checks import require_safe_start
from dropshop.edge.compression import Compressed

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dropshop.settings")
django = get_wsgi_application()
require_safe_start()


def shop(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django's, for which every request is in UTF-8.

    Django builds a request with whatever codec `charset` names, and some of Python's codecs ("hex", "idna") are no
    character sets: the request then fails to be built, before any middleware could answer.
    """
    environ["CONTENT_TYPE"] = _in_utf8(environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)


def _in_utf8(content_type: str) -> str:
    try:
        kind, parameters = parse_header_parameters(content_type)
    except ValueError:  # a parameter in a codec that nobody knows
        return "application/octet-stream"
    if "charset" not in parameters:
        return content_type
    return f'{kind}; boundary="{parameters["boundary"]}"' if "boundary" in parameters else kind


application = Compressed(shop)
