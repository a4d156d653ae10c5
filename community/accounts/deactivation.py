"""Shutting a member out, and letting one in again.

A hold that the member has stays until it lapses, at most `hold_seconds` more: their session is over, so nobody can pay
for it, and the pair returns by itself. Sockets are closed by the hub, which asks every two seconds who may still come in.
"""

from django.db import transaction

from community.accounts import sessions
from community.people.models import Member
from dropshop.core.errors import Forbidden


def deactivate(member: Member, *, by: Member) -> Member:
    """The member may not sign in any more, and every session of theirs ends now.

    Raises Forbidden for oneself, and for staff unless `by` is a superuser. Doing it twice changes nothing.
    """
    with transaction.atomic():
        locked = _locked(member, by)
        sessions.end_others(locked, keep="")
        if locked.is_active:
            locked.is_active = False
            locked.save(update_fields=["is_active"])
    return locked


def reactivate(member: Member, *, by: Member) -> Member:
    """The member may sign in again. Raises Forbidden like `deactivate`."""
    with transaction.atomic():
        locked = _locked(member, by)
        if not locked.is_active:
            locked.is_active = True
            locked.save(update_fields=["is_active"])
    return locked


def may_decide_about(member: Member, *, by: Member) -> bool:
    """Nobody about themselves; about staff superusers alone."""
    return member.pk != by.pk and (by.is_superuser or not (member.is_staff or member.is_superuser))


def _locked(member: Member, by: Member) -> Member:
    locked = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not may_decide_about(locked, by=by):
        raise Forbidden("Only a superuser deactivates staff, and nobody deactivates themselves.")
    return locked
