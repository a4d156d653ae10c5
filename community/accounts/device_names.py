"""What a member calls the device behind a `User-Agent`: "Chrome on Linux", never the header itself.

A short table of what people use, read from the top: browsers name those they descend from, so the more special one comes first.
"""

import re
from typing import NamedTuple

BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\b(?:OPR|OPiOS|OPT)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Yandex Browser", r"\bYaBrowser/"),
    ("DuckDuckGo", r"\b(?:DuckDuckGo|Ddg)/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|HeadlessChrome|CriOS|Chromium)/"),
    ("Safari", r"\bVersion/[\d.]+.*\bSafari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMac(?:intosh| OS X)\b"),
    ("Linux", r"\b(?:Linux|X11)\b"),
)
HAND_HELD = {"iPhone", "iPad", "Android"}
UNKNOWN = "A browser we do not know"


class Device(NamedTuple):
    """A name in words, and whether one holds it in one's hand."""

    name: str
    hand_held: bool = False


def device_named(user_agent: str) -> Device:
    """The device that sends this header; as much of it as is known."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    known = " on ".join(filter(None, (browser or ("A browser" if system else ""), system)))
    return Device(known or UNKNOWN, system in HAND_HELD)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")
