"""The API speaks JSON, whatever a client says it would like."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class JSONForAll(BaseContentNegotiation):
    """The first renderer; a browser that looks at an address of the API sees its JSON."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """The parser of the body's type; None (415) where there is none."""
        from rest_framework.negotiation import DefaultContentNegotiation

        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        """JSON."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
