"""What each room says of its subject for rooms that do not know it: the export, erasing, moderation, and the ledger of karma.

A room fills one `Subject` in its `subject.py`. `community/apps.py` registers them all, by the room's name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from community.people.models import Member
from dropshop.core.hooks import Registry


class Export(NamedTuple):
    """A list in a member's export: the rows that are theirs, and which columns of them."""

    rows: Callable[[Member], QuerySet]
    columns: tuple[str, ...]


class Reportable(NamedTuple):
    """Something that members can complain about. Each callable but `find` takes the thing."""

    name: str  # its column in complaints and decisions
    model: type[Model]
    owner: str  # its field that holds whose it is; "" of a member
    find: Callable[[UUID, Any], Any]  # by its id, as far as the viewer may see it; None where there is none
    text: Callable[[Any], str]  # what its owner wrote there
    yours: str  # what its owner calls it
    hidden: str = "hidden"  # its field that says whether it is hidden
    is_gone: Callable[[Any], bool] = lambda thing: False  # its owner has deleted it, and only the row is left
    after_change: Callable[[Any], object] = lambda thing: None  # just hidden, or shown again; part of the transaction
    stands_for: str = ""  # its field with another reportable that is meant, where it is filled
    shown_on: str = ""  # its field with the thing whose page shows it; "" where it has a page of its own
    second_owner: Callable[[Any], Member | None] = lambda thing: None  # somebody else whose it is as well
    title: Callable[[Any], str] = str
    related: tuple[str, ...] = ()  # what the others of these read of it
    hiding: str = "It is hidden from everybody at once."  # what a moderator reads before hiding it
    consequence: str = ""  # what else follows
    nothing_to_hide: str = ""  # the refusal where it is gone; "" where it can be hidden all the same


class Subject(NamedTuple):
    """All that a room says.

    Erasing calls `forget` in the order of `first_lock`: the place of the first lock that it takes in the list of
    docs/community.md, 10 where it takes none of those.
    """

    first_lock: int = 10
    exports: Mapping[str, Export] = {}
    # Empties what the member wrote, showed and chose; the names of the files that nobody shows any more.
    forget: Callable[[Member], Iterable[str] | None] = lambda member: None
    deletes: tuple[str, ...] = ()  # rows that erasing deletes after that, by their name at the member
    mentions: tuple[tuple[type[Model], str], ...] = ()  # columns in which members may name each other with an @
    reportable: tuple[Reportable, ...] = ()
    # The complaints and decisions whose words may be about the member, beside those about what is theirs.
    concerns: Callable[[Member], Q] = lambda member: Q()
    addresses: Mapping[str, str] = {}  # pages of causes ("trade:<id>") by their first word


registry: Registry[Subject] = Registry("community.people.subjects")


def reportables() -> Iterator[Reportable]:
    """All that can be complained about."""
    return (reportable for subject in registry for reportable in subject.reportable)
