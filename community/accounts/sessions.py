"""Where a member is signed in, browsers and programs alike, and the end of it.

Ending a session ends its tokens at once (community/accounts/tokens.py) and its sockets within seconds (the hub asks every two).
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from community.accounts.device_names import device_named
from community.people.models import Member
from dropshop.core.errors import NotFound

# What `UserSession.data` says of a family of tokens.
OF_A_PROGRAM = {"of": "program"}
# A session that was seen within this time is not written down again.
SEEN_EVERY = timedelta(hours=1)
REMEMBERED = 10_000  # sessions of which a process knows that they were written down


class SignIn(NamedTuple):
    """One place where a member is signed in."""

    pk: int
    name: str
    icon: str
    is_current: bool
    last_seen_at: datetime


def of_member(member: Member, *, current: str) -> list[SignIn]:
    """Where the member is signed in, by the key of the `current` session that one first, then the one seen last."""
    sessions = _lasting(member).order_by("-last_seen_at", "-pk")
    return sorted((_told(session, current) for session in sessions), key=lambda shown: not shown.is_current)


def end_one(member: Member, pk: int) -> None:
    """The sign-in ends. Raises NotFound where the member has none such; it may have ended by itself."""
    session = UserSession.objects.filter(user=member, pk=pk).first()
    if session is None:
        raise NotFound("You are not signed in there any more.")
    end([session.session_key])


def end_others(member: Member, *, keep: str) -> int:
    """Every sign-in of this member ends but the session with the key `keep`; how many that were."""
    keys = [*UserSession.objects.filter(user=member).exclude(session_key=keep).values_list("session_key", flat=True)]
    end(keys)
    return len(keys)


def end(keys: Iterable[str]) -> None:
    """The sessions with these keys end, and are forgotten."""
    found = list(keys)
    with transaction.atomic():
        Session.objects.filter(session_key__in=found).delete()
        UserSession.objects.filter(session_key__in=found).delete()


def saw(session_key: str, *, known_at: float) -> None:
    """Writes down that this session was used, at most once an hour in each process.

    `known_at` is a time (in seconds since 1970) at which it was used for certain, such as its sign-in.
    """
    now = time.time()
    if now - max(known_at, _written.get(session_key, 0)) < SEEN_EVERY.total_seconds():
        return
    UserSession.objects.filter(session_key=session_key, last_seen_at__lt=Now() - SEEN_EVERY).update(last_seen_at=Now())
    _written[session_key] = now
    while len(_written) > REMEMBERED:
        _written.popitem(last=False)


_written: OrderedDict[str, float] = OrderedDict()


def _lasting(member: Member) -> QuerySet[UserSession]:
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    return UserSession.objects.filter(Exists(alive), user=member)


def _told(session: UserSession, current: str) -> SignIn:
    device = device_named(session.user_agent)
    is_program = session.data == OF_A_PROGRAM
    icon = "square-terminal" if is_program else "smartphone" if device.hand_held else "laptop"
    name = "A program with a token" if is_program else device.name
    return SignIn(session.pk, name, icon, session.session_key == current, session.last_seen_at)
