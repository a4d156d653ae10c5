"""The pass: a short-lived signed ticket that says "this member may reserve in this drop".

Everything slow is checked when it is issued, before the bell. Whoever takes it checks one signature (`read`), and then,
for a whole batch at once, whether the sign-ins that the passes were issued to still stand (`faults`). It is bound to
member, drop and sign-in, travels in a header of its own, and so doubles as the proof against forged forms (CSRF).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from allauth.account.utils import has_verified_email
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid, session_key_to_sid
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.signing import BadSignature, Signer
from django.db import connection

from drops.models import Drop

LIFETIME = timedelta(minutes=10)
_SIGNER = Signer(salt="dropshop.pass")


class Pass(NamedTuple):
    """A ticket as it is handed out."""

    text: str
    expires_at: datetime


class Ticket(NamedTuple):
    """What a pass says: whose it is, the key of the session (the token family) it was issued to, when it runs out, and a
    mark of the password that stood then."""

    member_id: UUID
    family: str
    expires_at: datetime
    password_mark: str


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
    mark = _mark(member.password)
    said = [member.pk.hex, drop.pk.hex, session_key_to_sid(session_key), int(expires_at.timestamp()), mark]
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    return Pass(_SIGNER.sign(body), expires_at.replace(microsecond=0))


def read(text: str, drop_id: UUID) -> Ticket:
    """What this pass says; one signature and no query. Raises NotAPass. Whether it still holds: `faults`."""
    try:
        member, drop, sid, expires, mark = json.loads(base64.urlsafe_b64decode(_SIGNER.unsign(text)))
    except (BadSignature, UnicodeError):
        raise NotAPass("This pass is not one of ours.") from None
    family = session_key_from_sid(sid)
    if drop != drop_id.hex or not family:
        raise NotAPass("This pass is for another drop.")
    return Ticket(UUID(member), family, datetime.fromtimestamp(expires, UTC), mark)


HOLDING = """
SELECT ticket.place, ticket.expires_at > clock_timestamp(), person.password
  FROM unnest(%(families)s::text[], %(members)s::uuid[], %(expiries)s::timestamptz[])
       WITH ORDINALITY AS ticket(family, member, expires_at, place)
  JOIN {session} AS session ON session.session_key = ticket.family AND session.expire_date > clock_timestamp()
  JOIN {member} AS person ON person.id = ticket.member AND person.is_active
"""
RUN_OUT, ENDED = "This pass has run out. Ask for a new one.", "The sign-in that this pass was given to has ended."


def faults(tickets: Sequence[Ticket]) -> list[str | None]:
    """Why each of these passes holds no longer; None for those that do. One query, at the database's clock (S3).

    A pass ends with its ten minutes, and at once with the sign-in it was given to: signed out, disabled, password changed.
    """
    said: dict[str, Any] = {
        "families": [ticket.family for ticket in tickets],
        "members": [ticket.member_id for ticket in tickets],
        "expiries": [ticket.expires_at for ticket in tickets],
    }
    statement = HOLDING.format(session=Session._meta.db_table, member=get_user_model()._meta.db_table)
    found: list[str | None] = [ENDED] * len(tickets)
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        for place, in_time, password in cursor.fetchall():
            if hmac.compare_digest(_mark(password), tickets[place - 1].password_mark):
                found[place - 1] = None if in_time else RUN_OUT
    return found


def _mark(password: str) -> str:
    """Tells two password hashes apart and says nothing else of them."""
    return hashlib.sha256(b"dropshop.pass" + password.encode()).hexdigest()[:16]
