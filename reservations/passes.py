"""The pass: a short-lived signed ticket that says "this member may reserve in this drop".

Everything slow is checked when it is issued, before the bell. Whoever takes it checks one signature (`read`), and then
only whether the member is active and the sign-in it was issued to still stands (`bearer`). It is bound to member, drop
and sign-in, travels in a header of its own, and so doubles as the proof against forged forms (CSRF).
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from allauth.account.utils import has_verified_email
from allauth.core.internal.sessionkit import get_session_user
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid, session_key_to_sid
from django.conf import settings
from django.core.signing import BadSignature, Signer

from drops.models import Drop

LIFETIME = timedelta(minutes=10)
_SIGNER = Signer(salt="dropshop.pass")


class Pass(NamedTuple):
    """A ticket as it is handed out."""

    text: str
    expires_at: datetime


class Ticket(NamedTuple):
    """What a valid pass says: whose it is, and the key of the session (the token family) it was issued to."""

    member_id: UUID
    family: str


class NotAPass(ValueError):
    """Forged, altered, out of date, or for another drop."""


def missing(member: Any) -> list[str]:
    """What this member still lacks to reserve at all; empty for those who may."""
    if settings.REQUIRE_VERIFIED_EMAIL and not has_verified_email(member):
        return ["verified_email"]
    return []


def issue(member: Any, drop: Drop, session_key: str, *, at: datetime) -> Pass:
    """A pass for ten minutes from `at` (the database's clock). The session's key is in it only enciphered."""
    expires_at = at + LIFETIME
    said = [member.pk.hex, drop.pk.hex, session_key_to_sid(session_key), int(expires_at.timestamp())]
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    return Pass(_SIGNER.sign(body), expires_at.replace(microsecond=0))


def read(text: str, drop_id: UUID, *, at: datetime) -> Ticket:
    """Whose pass this is; one signature and no query. Raises NotAPass."""
    try:
        member, drop, sid, expires = json.loads(base64.urlsafe_b64decode(_SIGNER.unsign(text)))
    except (BadSignature, UnicodeError):
        raise NotAPass("This pass is not one of ours.") from None
    if datetime.fromtimestamp(expires, UTC) <= at:
        raise NotAPass("This pass has run out. Ask for a new one.")
    family = session_key_from_sid(sid)
    if drop != drop_id.hex or not family:
        raise NotAPass("This pass is for another drop.")
    return Ticket(UUID(member), family)


def bearer(ticket: Ticket) -> Any | None:
    """The member, while they are active and still signed in where the pass was issued; else None."""
    session = lookup_session(ticket.family)
    member = get_session_user(session) if session is not None else None
    return member if member is not None and member.pk == ticket.member_id else None
