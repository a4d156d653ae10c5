"""What a host's robots.txt allows us, as RFC 9309 says, and how long a pause it wants."""

from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from community.feed_reader.models import Host
from dropshop.core.outbound.client import ROBOT, OutboundResponse

# RFC 9309, 2.4: not longer than a day. What could not be had is asked for again sooner.
RETENTION, RETENTION_WITHOUT_ANSWER = timedelta(hours=24), timedelta(minutes=10)
MAX_ROBOTS_BYTES = 500 * 1024  # bytes that are read; 2.5
MAX_DELAY = 3600.0  # seconds; who wants more is asked once an hour


def host_of(url: str) -> str:
    """The name of the host's row: scheme, name and port, as robots.txt is valid for them (2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_fresh(host: Host, now: datetime) -> bool:
    """Whether what we know of its robots.txt is not too old."""
    return host.robots_at is not None and now - host.robots_at < (RETENTION if answered(host) else RETENTION_WITHOUT_ANSWER)


def remember(host: Host, answer: OutboundResponse | None, now: datetime) -> None:
    """Keeps what robots.txt said; None: it could not be reached."""
    host.robots_status, host.robots_at = (answer.status if answer else 0), now
    found = answer.body[:MAX_ROBOTS_BYTES] if answer and 200 <= answer.status < 300 else b""
    host.robots = found.decode("utf-8", "replace").replace("\0", "")
    host.save(update_fields=["robots", "robots_status", "robots_at"])


def allows(host: Host, url: str) -> bool:
    """Whether we may read this address. Without a robots.txt (4xx) everything is allowed; without an answer nothing (2.3.1)."""
    return answered(host) and _parsed(host.robots).can_fetch(url, ROBOT)


def delay_of(host: Host) -> float:
    """Seconds it wants between two requests; 0 where it does not say."""
    return min(_parsed(host.robots).crawl_delay(ROBOT) or 0.0, MAX_DELAY)


def answered(host: Host) -> bool:
    """Whether it said anything about robots. A 429 is no answer: it says that the host is too busy to say."""
    return 200 <= host.robots_status < 500 and host.robots_status != 429


@lru_cache(maxsize=64)
def _parsed(text: str) -> Protego:
    return Protego.parse(text)
