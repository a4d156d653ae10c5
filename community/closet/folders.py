"""The folders of a closet. A pair is in one or in none; a folder's name is unique in its closet, in any case."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from community.closet.models import Folder, Pair
from community.people.models import Member
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

MAX_FOLDERS = 100  # of one member


def _called(member: Member, name: str) -> QuerySet[Folder]:
    return Folder.objects.filter(member=member).alias(lower=Lower("name")).filter(lower=Lower(Value(name)))


def tidy(name: str) -> str:
    """The name as it is kept; raises Invalid for none, or for one that cannot be read."""
    try:
        return clean_text(name, limit=60, field="folder", lines=False)
    except Invalid:
        raise Invalid(errors={"folder": ["A folder's name has 1 to 60 characters."]}) from None


def named(member: Member, name: str) -> Folder:
    """The member's folder of this name, which stays until the transaction is over; a new one where there is none.

    Raises Invalid beyond a hundred.
    """
    name = tidy(name)
    with transaction.atomic():
        found = _kept(_called(member, name)).first()
        if found is not None:
            return found
        lock_open_account(member)
        if Folder.objects.filter(member=member).count() >= MAX_FOLDERS:
            raise Invalid(errors={"folder": [f"A closet has at most {MAX_FOLDERS} folders."]})
        # Asked for twice at once, the index lets one through; both get that one.
        Folder.objects.bulk_create([Folder(member=member, name=name)], ignore_conflicts=True)
        return _kept(_called(member, name)).get()


def _kept(folders: QuerySet[Folder]) -> QuerySet[Folder]:
    """Locked: a folder that went while pairs were put on it would fail their commit. Folders are locked before pairs."""
    return folders.select_for_update(no_key=True)


@retrying
def rename(folder_id: Any, *, member: Member, name: str) -> Folder:
    """The folder under its new name. Raises NotFound for anyone else's, Invalid where another has that name."""
    name = tidy(name)
    with transaction.atomic():
        locked = Folder.objects.select_for_update(no_key=True).filter(pk=folder_id, member=member).first()
        if locked is None:
            raise NotFound("You have no such folder.")
        if _called(member, name).exclude(pk=locked.pk).exists():
            raise Invalid(errors={"name": ["You have a folder of that name."]})
        locked.name = name
        locked.save(update_fields=["name"])
    return locked


@retrying
def remove(folder_id: Any, *, member: Member) -> None:
    """Deletes the folder; its pairs stay in the closet, in no folder. Raises NotFound for anyone else's."""
    with transaction.atomic():
        # The full lock, behind whoever is putting pairs on it: only then are all of its pairs known.
        locked = Folder.objects.select_for_update().filter(pk=folder_id, member=member).first()
        if locked is None:
            raise NotFound("You have no such folder.")
        # Its pairs in the common lock order: taking them out of the folder would lock them in any order.
        list(Pair.objects.select_for_update(no_key=True).filter(folder=locked).order_by("pk").values_list("pk"))
        locked.delete()
