"""Who is behind a socket: asked once when it opens, and every two seconds for all sockets of the process in one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.db.models import CharField, F, TextField, Value
from django.db.models.functions import Cast, Now
from django.utils.crypto import constant_time_compare

from dropshop.core.members import Member

DISABLED, SIGNED_OUT = (4403, "disabled"), (4401, "signed out")  # close codes with their reasons


class MemberDisabled(Exception):
    """The session belongs to a member who may no longer come in."""


@dataclass(frozen=True, slots=True)
class SessionProof:
    """What made us believe a socket's member: their id, their session, and the password it was opened with."""

    member: str
    session: str
    password: str


def sign_in(session_key: str) -> tuple[Any, SessionProof] | None:
    """The member of this session and the proof of it; None for a visitor. Reads only; blocking.

    Unlike `django.contrib.auth.get_user` it never ends or renews a session, since a socket cannot set a cookie.
    Raises MemberDisabled.
    """
    if not (session_key.isascii() and session_key.isalnum()):
        return None
    session = _session_store(session_key).load()
    if SESSION_KEY not in session:
        return None
    member = get_user_model()._default_manager.filter(pk=session[SESSION_KEY]).first()
    if member is None or not _matches(member, session.get(HASH_SESSION_KEY, "")):
        return None
    if not member.is_active:
        raise MemberDisabled
    return member, SessionProof(str(member.pk), session_key, member.password)


def no_longer_valid(proofs: Iterable[SessionProof]) -> dict[SessionProof, tuple[int, str]]:
    """The proofs that have ceased to hold, each with the close code and the reason; one query; blocking."""
    proofs = set(proofs)
    passwords, sessions = _current({proof.member for proof in proofs}, {proof.session for proof in proofs})
    ended: dict[SessionProof, tuple[int, str]] = {}
    for proof in proofs:
        if proof.member not in passwords:
            ended[proof] = DISABLED
        elif proof.session not in sessions or passwords[proof.member] != proof.password:
            ended[proof] = SIGNED_OUT
    return ended


def _current(members: set[str], sessions: set[str]) -> tuple[dict[str, str], set[str]]:
    """Active members' ids with their password hash, and the sessions that still exist."""
    active = (
        get_user_model()
        ._default_manager.filter(pk__in=members, is_active=True)
        .annotate(kind=Value("member"), key=Cast("pk", TextField()), mark=F("password"))
        .values_list("kind", "key", "mark")
    )
    alive = (
        _session_store()
        .get_model_class()
        .objects.filter(session_key__in=sessions, expire_date__gt=Now())
        .annotate(kind=Value("session"), key=Cast("session_key", TextField()), mark=Value("", CharField()))
        .values_list("kind", "key", "mark")
    )
    rows = list(active.union(alive, all=True))
    return {key: mark for kind, key, mark in rows if kind == "member"}, {k for kind, k, _ in rows if kind == "session"}


def _session_store(session_key: str | None = None) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(session_key)


def _matches(member: Member, session_hash: str) -> bool:
    """Whether the session was opened with the member's present password, under a present or former SECRET_KEY."""
    hashes = [member.get_session_auth_hash(), *member.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, expected) for expected in hashes)
