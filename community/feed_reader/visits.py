"""Reading one address as a guest: robots.txt first, one request at a time to a host, its pause kept, redirects judged anew.

The host's row says who may ask it: the visitor that moves `free_at` ahead, by compare-and-set.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.db.models import Q

from community.feed_reader import robots
from community.feed_reader.errors import RetryLater
from community.feed_reader.models import Host
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.outbound.client import OutboundClient, OutboundResponse
from dropshop.core.outbound.errors import AddressRefused, ReadingFailed

MAX_REDIRECTS = 3  # of one request
REDIRECT_STATUSES = {301, 302, 303, 307, 308}
DEFAULT_PAUSE = 5.0  # seconds between two visits to a host that does not say how long
# A host whose robots.txt or redirect must be read first is waited for within the visit, if it wants no longer pause than this.
MAX_PAUSE_WITHIN_VISIT = 5.0
VISIT_TIMEOUT = 60.0  # after which a visit begins no further request
HOST_RETENTION = timedelta(days=30)
HOST_LEASE = timedelta(seconds=120)  # longer than any visit takes; a visitor who died leaves the host free after it


def forget_old(before: datetime) -> int:
    """Forgets hosts that nobody has asked since: of old sources, and those that redirects led to. How many those were."""
    return Host.objects.filter(Q(robots_at=None) | Q(robots_at__lt=before), free_at__lt=before).delete()[0]


class PoliteClient:
    """One reading, through `fetcher`. `sleep` keeps the pauses within it."""

    def __init__(self, fetcher: OutboundClient, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._fetcher, self._sleep = fetcher, sleep
        self._why = ""  # robots.txt could not be read
        self._until = time.monotonic() + VISIT_TIMEOUT
        self._asked: dict[str, bool] = {}  # the hosts whose turn we have, and whether we have asked them anything yet

    def read(self, url: str, headers: Mapping[str, str]) -> OutboundResponse:
        """What stands there, after at most three redirects.

        Raises Later where a host wants to be asked later, Refused for addresses we do not go to, else ReadingFailed.
        """
        try:
            return self._follow(url, headers, self._ask)
        finally:
            self._leave()

    def _follow(
        self, url: str, headers: Mapping[str, str], get: Callable[[Host, str, Mapping[str, str]], OutboundResponse]
    ) -> OutboundResponse:
        for _ in range(1 + MAX_REDIRECTS):
            self._fetcher.ways.check(url)  # before anything else, also before its robots.txt
            answer = get(self._enter(robots.host_of(url)), url, headers)
            if answer.status not in REDIRECT_STATUSES:
                return answer
            try:
                url = urljoin(url, answer.headers.get("location", ""))
            except ValueError:
                raise AddressRefused("It redirects to something that is not a web address.") from None
        raise ReadingFailed(f"More than {MAX_REDIRECTS} redirects.")

    def _ask(self, host: Host, url: str, headers: Mapping[str, str]) -> OutboundResponse:
        if not robots.is_fresh(host, database_time()):
            self._read_robots(host)
        if not robots.allows(host, url):
            if robots.answered(host):
                raise ReadingFailed("The host's robots.txt does not allow us to read this.")
            raise ReadingFailed(f"The host's robots.txt could not be read, so nothing else is. {self._why}".strip())
        return self._get(host, url, headers)

    def _read_robots(self, host: Host) -> None:
        """What it says counts for this host, also where it is kept at another (RFC 9309, 2.3.1.2)."""
        try:
            answer = self._follow(f"{host.name}/robots.txt", {}, self._get)
        except AddressRefused:
            raise
        except ReadingFailed as failure:
            answer, self._why = None, failure.words
        robots.remember(host, answer, database_time())

    def _get(self, host: Host, url: str, headers: Mapping[str, str]) -> OutboundResponse:
        """One request, after the pause that the host wants from the one before it in this visit."""
        if time.monotonic() > self._until:
            raise ReadingFailed("The answers came too slowly.")
        if self._asked[host.name] and (pause := robots.delay_of(host)):
            if pause > MAX_PAUSE_WITHIN_VISIT:
                raise RetryLater(pause)
            self._sleep(pause)
        self._asked[host.name] = True
        return self._fetcher.get(url, headers)

    def _enter(self, name: str) -> Host:
        """Takes our turn at the host; raises Later while it is somebody else's."""
        host, _ = Host.objects.get_or_create(name=name)
        if name in self._asked:
            return host
        mine = Host.objects.filter(name=name, free_at__lte=ClockTimestamp())
        if not mine.update(free_at=ClockTimestamp() + HOST_LEASE):
            raise RetryLater(max(1.0, min((host.free_at - database_time()).total_seconds(), DEFAULT_PAUSE)))
        self._asked[name] = False
        return host

    def _leave(self) -> None:
        """Gives the hosts back, each after its pause."""
        for host in Host.objects.filter(name__in=self._asked):
            pause = max(robots.delay_of(host), DEFAULT_PAUSE) if self._asked[host.name] else 0.0
            Host.objects.filter(name=host.name).update(free_at=ClockTimestamp() + timedelta(seconds=pause))
        self._asked = {}
