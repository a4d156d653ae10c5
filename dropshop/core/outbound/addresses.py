"""Where the monitor may connect: public addresses, on the web's two ports (acceptance 41).

A name is resolved here, every address it has is judged, and the connection goes to one of those very addresses: asking the
resolver again (which may answer otherwise the second time) would make the judgement worthless.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from dropshop.core.outbound.errors import AddressRefused, ReadingFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., list[Any]]  # as socket.getaddrinfo

PORTS = {"http": 80, "https": 443}
HOST_MAX_LENGTH = 280  # characters of a name with its port; names have 253 at most (RFC 1035)
LOOKUP_TIMEOUT = 10.0  # seconds
MAX_LOOKUPS = 8  # names that one process looks up at once: a resolver that hangs keeps so many threads, and no worker
_free = threading.BoundedSemaphore(MAX_LOOKUPS)

# IANA's special-purpose registries (RFC 6890 and its updates). Python's own `is_global` differs between its versions.
NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        # Of IPv6 only 2000::/3 is public at all; in it these are not.
        "2001::/23", "2001:db8::/32", "3fff::/20",
    )
]  # fmt: skip
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether this is an address of the public internet; an IPv6 address that stands for an IPv4 address is judged as that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in PUBLIC_IPV6:
            return False
    return not address.is_multicast and not any(
        address in network for network in NOT_PUBLIC if network.version == address.version
    )


class AddressPolicy:
    """The addresses that may be connected to. `also` are further (address, port): a test's own servers, and nothing else."""

    def __init__(self, *, resolve: Resolve = socket.getaddrinfo, also: Collection[tuple[str, int]] = ()) -> None:
        self._resolve, self._also = resolve, frozenset(also)

    def check(self, url: str) -> None:
        """Raises AddressRefused for an URL that is not the plain public address of something on the web."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("This is no address of the web.") from None
        if len(parts.netloc) > HOST_MAX_LENGTH:
            raise AddressRefused("This is no address of the web.")
        if parts.scheme not in PORTS or not parts.hostname:
            raise AddressRefused("Only addresses that begin with http:// or https:// are read.")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("The address holds a user name or password; public feeds need none.")
        if (port or PORTS[parts.scheme]) not in {*PORTS.values(), *(allowed for _, allowed in self._also)}:
            raise AddressRefused(f"Port {port} is not one of the web's (80 and 443).")

    def to(self, host: str, port: int, *, seconds: float = LOOKUP_TIMEOUT) -> list[str]:
        """The addresses of this host, each judged; raises AddressRefused when one is not public, ReadingFailed when there is
        none, or not in so many seconds.

        However an address is spelled (2130706433, 0177.1, 0x7f.1), the resolver says which it is, and that is judged.
        """
        try:
            found = _within(seconds, lambda: self._resolve(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            raise ReadingFailed(f"The name {host} does not resolve.") from None
        except queue.Empty:
            raise ReadingFailed(f"Nobody says in time where {host} is.") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if (address, port) in self._also:
                continue
            if "%" in address or not is_public(ipaddress.ip_address(address)):
                raise AddressRefused(f"{host} is not on the public internet.")
        if not addresses:
            raise ReadingFailed(f"The name {host} has no address.")
        return addresses


def _within(seconds: float, look: Callable[[], list[Any]]) -> list[Any]:
    """What `look` finds; queue.Empty when it takes longer: the resolver knows no deadline, so its thread is left."""
    free = _free
    if not free.acquire(blocking=False):
        raise ReadingFailed("Too many names are being looked up at the moment.")
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look())
        except Exception as error:  # noqa: BLE001 - raised by who waits for it
            answers.put(error)
        finally:
            free.release()

    threading.Thread(target=ask, name="monitor-lookup", daemon=True).start()
    answer = answers.get(timeout=seconds)
    if isinstance(answer, Exception):
        raise answer
    return answer
