"""Which accounts are linked: seen in one network or on one device lately, or with addresses of one place. Of networks and
devices keyed hashes are stored, never what they are.

One payment method will count as well, once the shop keeps such.
"""

import functools
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponseBase

from community.accounts import sessions
from community.accounts.models import Sighting
from community.people.models import Member
from dropshop.core import known_devices, pruning
from dropshop.core.client_address import client_address, client_ip
from dropshop.core.clock import StatementTimestamp, database_time
from dropshop.core.limits import accounts_of
from dropshop.core.members import lock_open_account, signed_in
from reservations.holds.origins import DEVICE_COOKIE
from reservations.purchases.households import places_of, share_a_place_with

RETENTION = timedelta(days=30)
# Who was seen here within this time is not written down again: a busy member costs a look, and seldom a write.
RECORD_EVERY = timedelta(hours=1)
COOKIE = DEVICE_COOKIE
COOKIE_SECONDS = 400 * 24 * 3600  # the longest browsers keep one


def records_device(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that first records from which network and device the signed-in member calls it. Put it below `@api_view`, if there
    is one.

    For every operation that counts independent members. Recorded before the operation and outside its transaction: of two
    linked accounts that act at the same moment each finds the other.
    """

    @functools.wraps(view)
    def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if (member := signed_in(request.user)) is not None:
            note(request, member)
        return view(request, *args, **kwargs)

    return noted


def note(request: HttpRequest, member: Member) -> None:
    """Remembers that the member who sent this request was seen in its network, and on its device where that has a name."""
    marks = {_mark(kind, what): kind for kind, what in _traces(request)}
    if not marks:
        return
    now = database_time()
    known = Sighting.objects.filter(member=member, mark__in=marks, last_at__gt=now - RECORD_EVERY)
    for mark in known.values_list("mark", flat=True):
        del marks[mark]
    if not marks:
        return
    with transaction.atomic():
        lock_open_account(member)
        Sighting.objects.bulk_create(
            [Sighting(member=member, kind=kind, mark=mark, last_at=now) for mark, kind in sorted(marks.items())],
            update_conflicts=True,
            unique_fields=["member", "kind", "mark"],
            update_fields=["last_at"],
        )


class DeviceCookieMiddleware:
    """Gives a signed-in member's browser a name, and remembers them there: on their own pages, never on a shared one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A page that has not read the user is shared by all visitors; reading it now would end that.
        if request.path.startswith("/api/") or not (request.session.accessed and request.user.is_authenticated):
            return response
        if records := get_authentication_records(request, request.user):
            sessions.saw(request.session.session_key or "", known_at=records[-1]["at"])
        known_devices.remember(response, request, request.user, accounts_of(request.user))
        if COOKIE not in request.COOKIES:
            response.set_cookie(
                COOKIE,
                new_device(),
                max_age=COOKIE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def new_device() -> str:
    """A name for a browser, for its cookie."""
    return secrets.token_hex(16)


def lately() -> Q:
    """The sightings that count: those of the last 30 days, by the clock of the very statement that looks for them."""
    return Q(last_at__gt=StatementTimestamp() - RETENTION)


def linked_to(member: Member, *, among: Iterable[Any] | None = None) -> set[Any]:
    """The ids of the accounts that were seen where this member (an instance or an id) was seen, in the last 30 days, or have
    pairs sent to one place with them."""
    among = None if among is None else list(among)
    own = Sighting.objects.filter(lately(), member=member, kind=OuterRef("kind"), mark=OuterRef("mark"))
    others = Sighting.objects.filter(lately(), Exists(own)).exclude(member=member)
    if among is not None:
        others = others.filter(member__in=among)
    return set(others.values_list("member_id", flat=True)) | share_a_place_with(member, among=among)


def are_linked(one: Member, other: Member) -> bool:
    """Whether these two are, as far as we can see, one person or one household."""
    return one.pk == other.pk or bool(linked_to(one, among=[other.pk]))


def groups_of(members: list[UUID]) -> dict[UUID, UUID]:
    """The group of each of these members, named by the id of one of its members.

    Members are in one group where they are linked directly, or through others of these members.
    """
    leader = {member: member for member in members}

    def lead(member: UUID) -> UUID:
        while leader[member] != member:
            member = leader[member]
        return member

    seen = Sighting.objects.filter(lately(), member__in=members)
    first: dict[tuple[str, str], UUID] = {}
    marks = {(member, kind, mark) for member, kind, mark in seen.values_list("member", "kind", "mark")}
    for member, kind, mark in marks | {(member, "address", place) for member, place in places_of(members)}:
        other = first.setdefault((kind, mark), member)
        leader[lead(member)] = lead(other)
    return {member: lead(member) for member in members}


def forget_old(before: datetime) -> int:
    """Forgets where members were last seen before this moment; how many sightings that were."""
    return pruning.prune(Sighting.objects.filter(last_at__lt=before).order_by("last_at"))


def _traces(request: HttpRequest) -> list[tuple[str, str]]:
    """What the request tells of where it comes from, as (kind, what)."""
    device = request.COOKIES.get(COOKIE, "")
    found = {
        Sighting.Kind.NETWORK.value: _network(request),
        Sighting.Kind.DEVICE.value: device if device.isascii() and device.isalnum() and len(device) <= 64 else "",
    }
    return [(kind, what) for kind, what in found.items() if what]


def _network(request: HttpRequest) -> str:
    """The client's network as limits count it; "" for the machine itself, where a proxy that is not trusted hides everybody."""
    address = client_address(request)
    if not address or ipaddress.ip_address(client_ip(request)).is_loopback:
        return ""
    return address


def _mark(kind: str, what: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"sighting:{kind}:{what}".encode(), "sha256").hexdigest()[:32]
