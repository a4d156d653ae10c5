"""Who calls, for a whole batch of requests at a time: what `authentication` decides for one, with two statements for all.

It only says who a caller certainly is. Everybody else (signed out, shut out, forged, a session that has to be written anew) is
left to the ordinary view.
"""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, cast

from allauth.account.internal.userkit import user_id_to_str
from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import APIException

from dropshop.core.api.authentication import BearerAuthentication, CookieAuthentication
from dropshop.core.clock import ClockTimestamp
from dropshop.core.ids import parse_id
from dropshop.core.members import Member
from dropshop.core.sql import CompiledQuery

KEY = re.compile(r"[a-z0-9]{32}")  # of a session, as Django makes them


class ShownSignIn(NamedTuple):
    """What a request shows of who sends it: the key of a session, and with a token the member's id that it says."""

    session_key: str
    subject: str | None = None


def shown_sign_in(request: HttpRequest) -> ShownSignIn | None:
    """What this request shows: a good token, or a session's cookie with what proves that no other site sent it (CSRF).

    None for everything else. Asks nobody; whether the sign-in stands is for `members_of`.
    """
    said = request.META.get("HTTP_AUTHORIZATION")
    shown = _by_cookie(request) if said is None else _by_token(said)
    return shown if shown is not None and KEY.fullmatch(shown.session_key) else None


def _by_cookie(request: Any) -> ShownSignIn | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if key is None:
        return None
    try:
        CookieAuthentication().enforce_csrf(request)
    except APIException:
        return None
    return ShownSignIn(key)


def _by_token(said: str) -> ShownSignIn | None:
    keyword, _, token = said.partition(" ")
    claims = jwt.decode_token(token, "access") if keyword.lower() == BearerAuthentication().keyword.lower() else None
    key = jwt.session_key_from_sid(claims["sid"]) if claims else None
    return ShownSignIn(key, claims["sub"]) if claims and key else None


_sessions = CompiledQuery(lambda keys: Session.objects.filter(pk__among=keys, expire_date__gt=ClockTimestamp()))
_members: CompiledQuery[Any] = CompiledQuery(
    lambda ids: get_user_model()._default_manager.filter(pk__among=ids).only("password", "is_active")
)


def members_of(shown: Sequence[ShownSignIn]) -> list[Member | None]:
    """Whose each of these sign-ins is; None where it does not stand as it should. Blocking.

    Of a member no more is read than tells that: the rest comes from the database when it is asked for.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    said = {found.pk: store.decode(found.session_data) for found in _sessions({each.session_key for each in shown})}
    ids = {pk for facts in said.values() if (pk := parse_id(facts.get(SESSION_KEY))) is not None}
    members = {member.pk: member for member in _members(ids)} if ids else {}
    return [_member(each, said.get(each.session_key, {}), members) for each in shown]


def _member(shown: ShownSignIn, facts: Mapping[str, Any], members: Mapping[Any, Member]) -> Member | None:
    """As `django.contrib.auth.get_user` and allauth's `validate_token_user` have it, less what they write."""
    member, backend = members.get(parse_id(facts.get(SESSION_KEY))), facts.get(BACKEND_SESSION_KEY)
    if member is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    has_password = constant_time_compare(facts.get(HASH_SESSION_KEY) or "", member.get_session_auth_hash())
    is_subject = shown.subject is None or shown.subject == user_id_to_str(member)
    may_sign_in = cast(ModelBackend, load_backend(backend)).user_can_authenticate(member)
    return member if has_password and is_subject and may_sign_in else None
