"""Addresses of the API, with and without the slash at their end."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path


def at(route: str, view: Callable[..., Any]) -> list[URLPattern]:
    """The view at this address, and at the same with a slash."""
    return [path(route, view), path(f"{route}/", view)]
