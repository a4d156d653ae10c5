"""The types of members and viewers, for annotations in apps that may not import the model.

A type checker takes them for the model that `AUTH_USER_MODEL` names; at run time they stand for anything, and import nothing.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, _User

    Member: TypeAlias = _User
    Viewer: TypeAlias = _User | AnonymousUser | None  # a visitor has no account; None where nobody in particular looks
else:
    Member = Viewer = Any


def signed_in(viewer: Viewer) -> Member | None:
    """The member who looks; None for a visitor, and where nobody in particular looks."""
    return viewer if viewer is not None and viewer.is_authenticated else None
