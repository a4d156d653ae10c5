"""Which accounts are linked: seen in the same network or on the same device lately. Addresses are never stored.

The same address or payment method will count as well, once the shop keeps such.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from community.models import Member, Sighting
from drops.clock import database_time
from dropshop.client import client_address

REMEMBERED = timedelta(days=30)
COOKIE = "device"


def note(request: HttpRequest, member: Member) -> None:
    """Remembers that the member who sent this request was seen in its network, and on its device where that has a name."""
    marks = {(Sighting.Kind.NETWORK, network) for network in [_network(request)] if network}
    device = request.COOKIES.get(COOKIE, "")
    if device.isalnum() and len(device) <= 64:
        marks.add((Sighting.Kind.DEVICE, device))
    now = database_time()
    Sighting.objects.bulk_create(
        [Sighting(member=member, kind=kind, mark=_mark(kind, what), last_at=now) for kind, what in sorted(marks)],
        update_conflicts=True,
        unique_fields=["member", "kind", "mark"],
        update_fields=["last_at"],
    )


def new_device() -> str:
    """A name for a browser, for its cookie."""
    return secrets.token_hex(16)


def linked_to(member: Any, *, among: Iterable[Any] | None = None) -> set[Any]:
    """The ids of the accounts that were seen where this member (an instance or an id) was seen, in the last 30 days."""
    since = database_time() - REMEMBERED
    own = Sighting.objects.filter(member=member, last_at__gt=since, kind=OuterRef("kind"), mark=OuterRef("mark"))
    others = Sighting.objects.filter(Exists(own), last_at__gt=since).exclude(member=member)
    if among is not None:
        others = others.filter(member__in=list(among))
    return set(others.values_list("member_id", flat=True))


def are_linked(one: Member, other: Member) -> bool:
    """Whether these two are, as far as we can see, one person or one household."""
    return one.pk == other.pk or bool(linked_to(one, among=[other.pk]))


def _network(request: HttpRequest) -> str:
    """The client's network as limits count it; "" for the machine itself, where a proxy that is not trusted hides everybody."""
    address = client_address(request)
    if not address or ipaddress.ip_network(address).network_address.is_loopback:
        return ""
    return address


def _mark(kind: str, what: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"sighting:{kind}:{what}".encode(), "sha256").hexdigest()[:32]
