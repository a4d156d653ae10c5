"""Who is asking: the client's address, read from X-Forwarded-For only as far as `DROPSHOP_PROXIES` trusts it.

A proxy appends the address it saw, so with N trusted proxies the Nth entry from the right is the first that no client
could have written. Everything left of it is the client's to forge and is never read.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# The smallest block one subscriber gets (RFC 6177); a single IPv6 host can speak from all 2^64 addresses of it.
IPV6_PREFIX = 64
PROXIES_SAY = ("x-forwarded-for", "forwarded", "x-real-ip", "via")  # headers by which a request shows that it came through one
ENTRY_MAX_LENGTH = 64  # characters of an address with its zone


def client_ip(request: HttpRequest) -> str:
    """The client's address as text, "" when nobody knows it (a Unix socket without a trusted proxy)."""
    return _ip(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""), settings.DROPSHOP_PROXIES)


def is_from_this_machine(request: HttpRequest) -> bool:
    """Whether a program on this very machine asks, without any proxy between, trusted or not: no header can say so."""
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    return peer is not None and peer.is_loopback and not any(name in request.headers for name in PROXIES_SAY)


def client_address(request: HttpRequest) -> str:
    """What limits count by and logs show: an IPv4 address, or the /64 an IPv6 address lies in; "" when unknown."""
    return network_of(client_ip(request))


def client_address_of_scope(scope: Mapping[str, Any]) -> str:
    """The same for an ASGI scope (sockets, the desk)."""
    peer, trusted = (scope.get("client") or ("",))[0], settings.DROPSHOP_PROXIES
    if not trusted:
        return _counted(peer)
    headers = [value.decode("latin1") for name, value in scope.get("headers", []) if name == b"x-forwarded-for"]
    return _counted(_entry(",".join(headers), trusted)) or _counted(peer)


@lru_cache(maxsize=4096)
def _counted(text: str) -> str:
    return network_of(text)


def network_of(ip: str) -> str:
    """The address that a limit counts: IPv6 by its /64, so that a host cannot hop about in its own block."""
    address = _parsed(ip)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address or "")


def _ip(peer: str, forwarded: str, trusted: int) -> str:
    """The Nth forwarded entry from the right, or the socket's peer when it is missing or is not an address."""
    found = _parsed(_entry(forwarded, trusted)) if trusted else None
    return str(found or _parsed(peer) or "")


def _entry(forwarded: str, trusted: int) -> str:
    """The Nth entry from the right; "" where there are fewer, or where it is too long for an address.

    However much a client has written to the left of it, no more is read than so many addresses can have.
    """
    entries = forwarded[-ENTRY_MAX_LENGTH * trusted :].rsplit(",", trusted)
    if len(entries) < trusted:
        return ""
    found = entries[-trusted].strip()
    return found if len(found) <= ENTRY_MAX_LENGTH else ""


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, an IPv4 one written as IPv6 (::ffff:192.0.2.1) as IPv4, without a zone; None for anything else."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
