"""What each room says of its subject to rooms that do not import it: the export, erasing, moderation and karma.

A room fills one `Subject` in its `subject.py`. `community/apps.py` registers them all, by the room's name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet

from community.people.models import Member
from dropshop.core.hooks import Registry
from dropshop.core.members import Viewer


class Export(NamedTuple):
    """A list in a member's export: which rows are the member's, and which of their columns the member gets."""

    rows: Callable[[Member], QuerySet]
    columns: tuple[str, ...]


class Reportable(NamedTuple):
    """A kind of thing that members can complain about. Each callable takes the thing, but `visible` the viewer."""

    name: str  # the column for it in complaints and decisions
    model: type[Model]
    owner: str  # the field that names the owner; "" where the thing is a member
    # All of this kind that the viewer may see. Who sees what is a question of whom they hide, and of what is their own: of two
    # members who own none of some things, and hide the same members, both see the same of them.
    visible: Callable[[Viewer], QuerySet]
    text: Callable[[Any], str]  # what the owner wrote
    yours: str  # how a notice to the owner names it
    hidden: str = "hidden"  # the field that says whether it is hidden
    is_gone: Callable[[Any], bool] = lambda thing: False  # whether the owner has deleted it, so that only the row is left
    after_change: Callable[[Any], object] = lambda thing: None  # called in the transaction that hides it or shows it again
    stands_for: str = ""  # a field: where it is filled, a complaint is about the thing in it instead
    shown_on: str = ""  # the field with the thing whose page shows this one; "" where it has a page of its own
    second_owner: Callable[[Any], Member | None] = lambda thing: None  # another member whom it belongs to
    title: Callable[[Any], str] = str  # what moderators see where there is no text
    related: tuple[str, ...] = ()  # the relations that `owner`, `text` and `title` read
    hiding: str = "It is hidden from everybody at once."  # what a moderator reads before hiding it
    nothing_to_hide: str = ""  # the refusal to hide it when it is gone; "" where it can be hidden nevertheless


class Subject(NamedTuple):
    """What other rooms need to know of a room that stores something of members."""

    # Erasing calls `forget` in the order of `first_lock`: the number of the first lock that `forget` takes, in the list of
    # docs/community.md; 10 where it takes none of them.
    first_lock: int = 10
    exports: Mapping[str, Export] = {}
    # Empties what the member wrote, showed and chose. It returns the names of the files that nothing shows any more.
    forget: Callable[[Member], Iterable[str] | None] = lambda member: None
    ends: Mapping[str, Callable[[Member], int]] = {}  # what is open and ends with the account: "waiting offer", and how many
    deletes: tuple[str, ...] = ()  # related names of the member: erasing deletes these rows after `forget`
    mentions: tuple[tuple[type[Model], str], ...] = ()  # columns in which members may name each other with an @
    reportable: tuple[Reportable, ...] = ()
    # Complaints and decisions that are about a thing of somebody else, but whose words may be about the member.
    concerns: Callable[[Member], Q] = lambda member: Q()
    addresses: Mapping[str, str] = {}  # the page of a cause ("trade:<id>"), by the first word of the cause


registry: Registry[Subject] = Registry("community.people.subjects")


def reportables() -> Iterator[Reportable]:
    """Every kind of thing that members can complain about."""
    return (reportable for subject in registry for reportable in subject.reportable)
