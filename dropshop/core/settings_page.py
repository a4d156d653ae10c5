"""The page of a member's settings: seven sections, and what the rooms put into them.

A room adds a part when the apps start (`ready` in apps.py), with a rank for its place within the section:

    settings_page.parts.add("addresses", Part("addresses", "reservations/orders/_address_book.html", address_book))

A part's template is a list of rows (`templates/settings/_row.html` shows how one is written). Its forms post to addresses of
the room's own, which lead back to `address_of("addresses")`, or show the page again with what is wrong by `render_settings`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from dropshop.core.hooks import Registry


class Section(NamedTuple):
    """A heading of the page, and the icon beside it in the list of sections."""

    title: str
    icon: str


# In the order of the page; one without parts is not shown.
SECTIONS = {
    "profile": Section("Profile", "user"),
    "addresses": Section("Addresses", "map-pin"),
    "paying": Section("Paying", "credit-card"),
    "security": Section("Security", "shield-check"),
    "notifications": Section("Notifications", "bell"),
    "senses": Section("Time and senses", "timer"),
    "privacy": Section("Privacy", "eye"),
}


class Part(NamedTuple):
    """What one room shows in a section: a template, and what it needs to know for the member who asks."""

    section: str
    template: str
    facts: Callable[[HttpRequest], Mapping[str, Any]]


parts: Registry[Part] = Registry("dropshop.core.settings_page.parts")


def address_of(section: str) -> str:
    """Where the section stands; for the way back from its forms."""
    return f"{reverse('settings')}#{section}"


def render_settings(
    request: HttpRequest, *, status: int = 200, instead: Mapping[str, Mapping[str, Any]] | None = None
) -> HttpResponse:
    """The page for the member who is signed in. `instead` gives parts, by their names, other facts: a form with its faults."""
    instead = instead or {}
    shown: dict[str, list[str]] = {}
    for name in parts.names():
        part = parts[name]
        facts = {**part.facts(request), **instead.get(name, {})}
        shown.setdefault(part.section, []).append(render_to_string(part.template, facts, request))
    places = [
        {"slug": slug, "title": section.title, "icon": section.icon, "parts": shown[slug]}
        for slug, section in SECTIONS.items()
        if slug in shown
    ]
    response = render(request, "settings/settings.html", {"places": places}, status=status)
    add_never_cache_headers(response)
    return response
