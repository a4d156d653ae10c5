"""Giving a pass to a member who lacks nothing, and noting that."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from drops.models import Drop
from dropshop.core.hooks import Registry
from dropshop.core.members import Member
from reservations.passes.tokens import IssuedPass, issue_pass

# (member, drop, until, at=moment): called when a pass is given that is good until then. Filled by rooms above.
given: Registry[Callable[..., Any]] = Registry("reservations.passes.given")


def give_pass(member: Member, drop: Drop, session_key: str, *, at: datetime) -> IssuedPass:
    """A pass as `tokens.issue_pass` makes it; who counts the people at a drop's page hears of it."""
    issued = issue_pass(member, drop, session_key, at=at)
    for note in given:
        note(UUID(str(member.pk)), drop, issued.expires_at, at=at)
    return issued
