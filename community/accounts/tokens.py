"""Sign-ins of programs: a session in the database, and short-lived tokens that stand for it (allauth's JWT strategy).

All tokens of one sign-in are one family, and the family is its session: ending the session ends them all, at once. A
refresh token works once; whoever shows a spent one has a copy, so the family ends.
"""

from datetime import datetime
from typing import Any, NamedTuple

from allauth.headless.internal.sessionkit import new_session
from allauth.headless.tokens.strategies.jwt import internal as jwt
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from community.accounts import sessions
from community.people.models import Member
from dropshop.core import pruning
from dropshop.core.client_address import client_ip
from dropshop.core.errors import NotAuthenticated
from dropshop.core.members import lock_open_account


class Tokens(NamedTuple):
    """`access` for 15 minutes, `refresh` for 7 days and one use."""

    access: str
    refresh: str

    @property
    def facts(self) -> dict[str, str]:
        """As the API writes them."""
        return self._asdict()


def issue(member: Member, *, request: HttpRequest) -> Tokens:
    """A new sign-in of this member from where the request comes. Raises NotAuthenticated for a closed account."""
    session = new_session()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    with transaction.atomic():
        lock_open_account(member)
        session.create()
        refresh = jwt.create_refresh_token(member, session)
        session.save()
        UserSession.objects.create(
            user=member,
            session_key=session.session_key,
            ip=client_ip(request) or "0.0.0.0",  # noqa: S104 - "unknown" in the column's own type
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
            data=sessions.OF_A_PROGRAM,
        )
    end_oldest(member)
    user_logged_in.send(sender=Member, request=request, user=member)
    return Tokens(jwt.create_access_token(member, session, {}), refresh)


def refresh(text: str) -> Tokens:
    """New tokens for an unspent refresh token, which is spent thereby. Raises NotAuthenticated; a spent one ends the family."""
    claims = _claims(text)
    with transaction.atomic():
        # One at a time per family, or the same token sent twice at once would be good twice.
        Session.objects.select_for_update().filter(session_key=jwt.session_key_from_sid(claims["sid"])).first()
        found = jwt.validate_refresh_token(text)
        if found is not None:
            member, session, payload = found
            jwt.invalidate_refresh_token(session, payload)
            tokens = Tokens(jwt.create_access_token(member, session, {}), jwt.create_refresh_token(member, session))
            session.save()
            sessions.saw(session.session_key, known_at=0)
            return tokens
        _end(claims)
    raise NotAuthenticated("This refresh token was already used, or its sign-in has ended. Sign in again.")


def revoke(text: str) -> None:
    """Ends the sign-in that this refresh token belongs to; nothing happens where it has ended. Raises NotAuthenticated."""
    with transaction.atomic():
        _end(_claims(text))


def end_oldest(member: Member) -> None:
    """Ends this member's sign-ins beyond the newest `SIGN_INS_PER_MEMBER`: signing in for every call fills no table."""
    theirs = UserSession.objects.filter(user=member).order_by("-created_at", "-pk")
    sessions.end(theirs.values_list("session_key", flat=True)[settings.SIGN_INS_PER_MEMBER :])


def forget_ended(before: datetime) -> int:
    """Forgets the sessions that ran out before this moment, and how members signed in with sessions that are gone; how many
    rows."""
    ended = pruning.prune(Session.objects.filter(expire_date__lt=before).order_by("expire_date"))
    return ended + pruning.prune_orphans(UserSession, "session_key", of=Session)


def _end(claims: dict[str, Any]) -> None:
    if key := jwt.session_key_from_sid(claims["sid"]):
        sessions.end([key])


def _claims(text: str) -> dict[str, Any]:
    """What a refresh token of ours says, spent or not; raises NotAuthenticated."""
    claims = jwt.decode_token(text, "refresh")
    if claims is None:
        raise NotAuthenticated("This is not a refresh token, or it has expired.")
    return claims
