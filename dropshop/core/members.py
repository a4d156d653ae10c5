"""The types of members and viewers, for annotations in apps that may not import the model.

A type checker takes them for the model that `AUTH_USER_MODEL` names; at run time they stand for anything, and import nothing.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth import get_user_model

from dropshop.core.errors import NotAuthenticated, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, _User

    Member: TypeAlias = _User
    Viewer: TypeAlias = _User | AnonymousUser | None  # a visitor has no account; None where nobody in particular looks
else:
    Member = Viewer = Any


def signed_in(viewer: Viewer) -> Member | None:
    """The member who looks; None for a visitor, and where nobody in particular looks."""
    return viewer if viewer is not None and viewer.is_authenticated else None


def lock_open_account(member: Member, *others: Member) -> Member:
    """The member's row, locked until the transaction ends: for what is kept for a member and goes with them, and so that limits
    per member are counted by one transaction at a time. `others` are locked with it, where what is kept names them.

    Raises NotAuthenticated for one whose account is closed: a request, or a worker, that began before it was closed may come to
    this after all that was kept is gone, and what it kept then would stay for ever. Raises NotFound where it is another's.
    """
    members = [member.pk, *(other.pk for other in others)]
    rows = get_user_model().objects.select_for_update(no_key=True).filter(pk__in=members).order_by("pk")
    locked = {row.pk: row for row in rows}
    if not locked[member.pk].is_active:
        raise NotAuthenticated("This account is closed.")
    if not all(row.is_active for row in locked.values()):
        raise NotFound("There is no such member.")
    return locked[member.pk]
