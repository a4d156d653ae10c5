"""The API speaks JSON: it says so to whoever would only take something else (406), and to nobody who would take anything."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.request import Request

from dropshop.core.errors import NotAcceptable

JSON = "application/json"
# A refusal is JSON too: who asks for problems alone is understood.
SPOKEN = (JSON, "application/problem+json")


@lru_cache(maxsize=512)
def accepts(header: str, spoken: tuple[str, ...] = SPOKEN) -> bool:
    """Whether this `Accept` takes one of the media types `spoken`; of several ranges that fit, the closest one decides.

    Without a word about it, everything is taken (RFC 9110, 12.5.1).
    """
    if not header.strip():
        return True
    ranges = [_range(part) for part in header.split(",")]
    return any(_quality(kind, ranges) > 0 for kind in spoken)


def _range(text: str) -> tuple[str, float]:
    """The media range and its quality; that of a range without one is 1, and of one that makes no sense 0."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    said = next((value for each in parameters for key, _, value in [each.partition("=")] if key.strip() == "q"), "1")
    try:
        return name, float(said)
    except ValueError:
        return name, 0.0


def _quality(kind: str, ranges: list[tuple[str, float]]) -> float:
    named = dict(ranges)
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if wanted in named:
            return named[wanted]
    return 0.0


class JSONAlone(BaseContentNegotiation):
    """The first renderer, for everybody who takes JSON; raises NotAcceptable for the others."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """The parser of the body's type; None (415) where there is none."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        """JSON, or what the call `speaks` by itself."""
        renderer = next(iter(renderers))
        if not accepts(request.headers.get("Accept", ""), request.parser_context["view"].speaks):
            raise NotAcceptable
        return renderer, renderer.media_type
