"""Photographs of one pair: added, described, ordered and removed by its owner; never while it is promised (T2)."""

from collections.abc import Collection
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from community.closet import hooks
from community.closet.facts import Promised
from community.closet.models import Pair, PairPicture, Visibility
from community.people import relations
from community.people.models import Member
from dropshop.core import pictures
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.text import clean_text
from dropshop.core.transactions import after_commit, retrying

MAX_PHOTOGRAPHS = 8  # of one pair


def add(pair_id: UUID, *, member: Member, uploads: Collection[UploadedFile]) -> list[PairPicture]:
    """The pictures behind those that are there, drawn anew. All, or none: raises NotFound, Promised, Invalid (which names
    the files), and Forbidden where others see the pair and the member may not show them anything.
    """
    drawn = _drawn(uploads)
    with transaction.atomic():
        pair = _lock(pair_id, member)
        there = pair.pictures.count()
        if there + len(drawn) > MAX_PHOTOGRAPHS:
            raise Invalid(errors={"pictures": [f"A pair has at most {MAX_PHOTOGRAPHS} photographs; {there} are there."]})
        return [pair.pictures.create(image=image, position=there + place) for place, image in enumerate(drawn)]


def _drawn(uploads: Collection[UploadedFile]) -> list[ContentFile]:
    if not 0 < len(uploads) <= MAX_PHOTOGRAPHS:
        raise Invalid(errors={"pictures": [f"Choose 1 to {MAX_PHOTOGRAPHS} photographs."]})
    drawn, errors = [], []
    for upload in uploads:
        try:
            drawn.append(pictures.reencode(upload))
        except pictures.InvalidPicture as refusal:
            errors.append(f"{upload.name}: {refusal}")
    if errors:
        raise Invalid(errors={"pictures": errors})
    return drawn


def describe(pair_id: UUID, picture_id: int, *, member: Member, alt: str) -> None:
    """Says what the picture shows, for people who cannot see it. Raises NotFound, Promised, Invalid, Forbidden."""
    alt = clean_text(alt, limit=200, field="alt", required=False, lines=False)
    with transaction.atomic():
        pair = _lock(pair_id, member)
        if not pair.pictures.filter(pk=picture_id).update(alt=alt):
            raise NotFound("This pair has no such photograph.")


@retrying
def put_first(pair_id: UUID, picture_id: int, *, member: Member) -> None:
    """The picture is the pair's first; the others follow in the order they had. Raises NotFound, Promised."""
    with transaction.atomic():
        pair = _lock(pair_id, member)
        there = list(pair.pictures.all())
        first = next((picture for picture in there if picture.pk == picture_id), None)
        if first is None:
            raise NotFound("This pair has no such photograph.")
        _renumber([first, *(picture for picture in there if picture is not first)])


@retrying
def remove(pair_id: UUID, picture_id: int, *, member: Member) -> None:
    """The picture is gone, and its file with it, unless an offer shows it. Raises NotFound, Promised."""
    with transaction.atomic():
        pair = _lock(pair_id, member, shows=False)
        gone = pair.pictures.filter(pk=picture_id).first()
        if gone is None:
            raise NotFound("This pair has no such photograph.")
        file = str(gone.image.name)
        gone.delete()
        _renumber(list(pair.pictures.all()))
        if hooks.unused_photographs.value([file], [pair.pk]):
            after_commit(default_storage.delete, file)


def _lock(pair_id: UUID, member: Member, *, shows: bool = True) -> Pair:
    """The member's pair, locked, so that its pictures are counted and ordered by one at a time."""
    mine = Pair.objects.select_for_update(no_key=True).filter(pk=pair_id, owner=member, removed_at=None).first()
    if mine is None:
        raise NotFound("You have no such pair.")
    if mine.promised_in_id is not None:
        raise Promised
    if shows and mine.visibility != Visibility.PRIVATE:
        relations.require_not_silenced(member)
    return mine


def _renumber(there: list[PairPicture]) -> None:
    for place, picture in enumerate(there):
        picture.position = place
    PairPicture.objects.bulk_update(there, ["position"])
