"""The pass: a short-lived sealed ticket that says "this member may reserve in this drop".

Everything slow is checked when it is issued, before the drop opens. Reading a pass decrypts it (`open_pass`) and then checks,
for a whole batch at once, whether the sign-ins that the passes were issued to still stand (`invalid_reasons`). It is bound to
member, drop and sign-in, is sent in a header of its own, and so also protects against forged forms (CSRF).

Sealed with AES-256-GCM (NIST SP 800-38D): nobody can make or alter one, nor read the session it was given to.
"""

import base64
import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.crypto import salted_hmac

from drops.models import Drop
from dropshop.core.encrypted import NONCE_BYTES
from dropshop.core.hooks import Registry
from dropshop.core.members import Member
from dropshop.core.sql import prepared_rows

LIFETIME = timedelta(minutes=10)
CONTEXT = b"dropshop.pass"
QUEUE = b"dropshop.queue"  # of a ticket that reserves nothing: with it a member joins a drop's queue, and asks for their place
SAID = struct.Struct(">16s16sQ8s")  # member, drop, end in seconds since 1970, mark of the password; then the session's key


# Until when this member may reserve in this drop at most; None: as long as it lasts. Filled by the rooms of the drop's modes.
ends: Registry[Callable[[Member, Drop], datetime | None]] = Registry("reservations.passes.ends")


class IssuedPass(NamedTuple):
    """A ticket as it is handed out."""

    text: str
    expires_at: datetime


class PassClaims(NamedTuple):
    """What a pass says: whose it is, for which drop, the key of the session (the token family) it was issued to, when it
    runs out, and a mark of the password that stood then."""

    member_id: UUID
    drop_id: UUID
    family: str
    expires_at: datetime
    password_mark: bytes


class InvalidPass(ValueError):
    """Forged, altered, out of date, or for another drop."""


def issue_pass(member: Member, drop: Drop, session_key: str, *, at: datetime) -> IssuedPass:
    """A pass for ten minutes from `at` (the database's clock), or for as long as the member may reserve."""
    at_most = [end for until in ends if (end := until(member, drop)) is not None]
    expires_at = min([at + LIFETIME, *at_most]).replace(microsecond=0)
    claims = PassClaims(member.pk, drop.pk, session_key, expires_at, _mark(member.password))
    return IssuedPass(_sealed(claims, CONTEXT), expires_at)


def queue_ticket(member: Member, drop: Drop, session_key: str, *, at: datetime) -> str:
    """A ticket to this drop's queue, for ten minutes."""
    return _sealed(PassClaims(member.pk, drop.pk, session_key, at + LIFETIME, _mark(member.password)), QUEUE)


def renewed_ticket(ticket: PassClaims, *, at: datetime) -> str:
    """The same ticket to a queue, which has just been found to hold, for ten minutes more."""
    return _sealed(ticket._replace(expires_at=at + LIFETIME), QUEUE)


def _sealed(claims: PassClaims, context: bytes) -> str:
    said = SAID.pack(claims.member_id.bytes, claims.drop_id.bytes, int(claims.expires_at.timestamp()), claims.password_mark)
    nonce = os.urandom(NONCE_BYTES)
    sealed = _seals()[0].encrypt(nonce, said + claims.family.encode(), context)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def open_pass(text: str | bytes, drop_id: UUID | None = None, *, context: bytes = CONTEXT) -> PassClaims:
    """What this pass says; one seal and no query. Raises InvalidPass, also for a pass for another drop than `drop_id`.

    Whether it still holds: `invalid_reasons`. `context`: what it is for, a pass or a ticket to a queue; neither is the other.
    """
    said = _open(text, context)
    member, drop, expires, mark = SAID.unpack_from(said)
    if drop_id is not None and drop != drop_id.bytes:
        raise InvalidPass(FOR_ANOTHER_DROP)
    family = said[SAID.size :].decode()
    return PassClaims(UUID(bytes=member), UUID(bytes=drop), family, datetime.fromtimestamp(expires, UTC), mark)


def _open(text: str | bytes, context: bytes) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError:
        raw = b""
    for seal in _seals():
        try:
            return seal.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            continue
    raise InvalidPass("This pass is not one of ours.")


def _seals() -> tuple[AESGCM, ...]:
    """One for each of the shop's secret keys, the newest first."""
    return _seals_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _seals_of(secrets: tuple[str, ...]) -> tuple[AESGCM, ...]:
    return tuple(AESGCM(salted_hmac(CONTEXT, b"seal", secret=secret, algorithm="sha256").digest()) for secret in secrets)


# One probe for each pass, as its plan stays: joined, all sessions might be read (OFFSET 0 keeps PostgreSQL from joining).
HOLDING = """
SELECT ticket.place, person.password, clock_timestamp()
  FROM unnest(%(families)s::text[], %(members)s::uuid[]) WITH ORDINALITY AS ticket(family, member, place)
 CROSS JOIN LATERAL (
       SELECT FROM {session} WHERE session_key = ticket.family AND expire_date > clock_timestamp() OFFSET 0) AS session
 CROSS JOIN LATERAL (
       SELECT password FROM {member} WHERE id = ticket.member AND is_active OFFSET 0) AS person
"""
FOR_ANOTHER_DROP = "This pass is for another drop."
RUN_OUT, ENDED = "This pass has run out. Ask for a new one.", "The sign-in that this pass was given to has ended."


def invalid_reasons(tickets: Sequence[PassClaims]) -> list[str | None]:
    """Why each of these passes holds no longer; None for those that do. One query, at the database's clock (S3).

    A pass ends with its ten minutes, and at once with the sign-in it was given to: signed out, disabled, password changed.
    """
    families, members = [ticket.family for ticket in tickets], [ticket.member_id for ticket in tickets]
    found: list[str | None] = [ENDED] * len(tickets)
    for place, password, moment in prepared_rows(HOLDING, families=families, members=members):
        ticket = tickets[place - 1]
        if hmac.compare_digest(_mark(password), ticket.password_mark):
            found[place - 1] = None if ticket.expires_at > moment else RUN_OUT
    return found


def _mark(password: str) -> bytes:
    """Tells two password hashes apart and says nothing else of them."""
    return hashlib.sha256(CONTEXT + password.encode()).digest()[:8]
