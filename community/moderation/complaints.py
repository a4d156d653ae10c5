"""Members report content to the moderators; its owner never learns who reported it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from community.moderation.models import Complaint
from community.people.models import Member
from community.people.subjects import Reportable, registry, reportables
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.members import Viewer, lock_open_account
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

COMPLAINT_MAX_LENGTH = 500  # characters


@retrying
def file_complaint(by: Member, about: Any, reason: str, text: str = "") -> Complaint:
    """The complaint, with what the thing says now; the open one where this member has complained of it before.

    Raises Invalid about an unknown `reason`, and for one's own.
    """
    if reason not in Complaint.Reason.values:
        raise Invalid(errors={"reason": ["Choose a reason."]})
    text, about = clean_text(text, limit=COMPLAINT_MAX_LENGTH, required=False), the_thing(about)
    owner = owner_of(about)
    if owner is not None and owner.pk == by.pk:
        raise Invalid("That is yours; you can edit or delete it.")
    target = {kind_of(about): about}
    with transaction.atomic():
        lock_open_account(by)
        wanted = Complaint(by=by, reason=reason, text=text, quote=words_of(about)[:2000], **target)
        Complaint.objects.bulk_create([wanted], ignore_conflicts=True)
        return Complaint.objects.get(by=by, closed_at=None, **target)


def complaints_about(member: Member) -> QuerySet[Complaint]:
    """What anybody complained of that is this member's."""
    return Complaint.objects.filter(owned_by(member))


def owned_by(member: Member) -> Q:
    """The complaints, and the decisions, that are about something of this member's."""
    return Q(*((lookup(kind, kind.owner), member.pk) for kind in reportables()), _connector=Q.OR)


def telling_of(member: Member) -> Q:
    """The complaints, and the decisions, whose words may be about this member: it is their thing, or a room says so."""
    found = owned_by(member)
    for subject in registry:
        found |= subject.concerns(member)
    return found


def find_target(name: str, pk: UUID, *, viewer: Viewer) -> Any:
    """The thing of this kind, as far as the viewer may see it; raises NotFound."""
    for kind in reportables():
        if kind.name == name:
            key = getattr(Complaint, name).field.target_field.name  # the id that others use for it
            thing = kind.visible(viewer).filter(**{key: pk}).first()
            if thing is not None:
                return the_thing(thing)
    raise NotFound


def the_thing(about: Any) -> Any:
    """What the complaint or decision is about: for a feed item that shows a restock report, the report itself."""
    return _at(about, reportable(about).stands_for) or about


def reportable(thing: Any) -> Reportable:
    """The description of things of this kind, which their room gives."""
    return next(kind for kind in reportables() if kind.model is type(thing))


def lookup(kind: Reportable, field: str) -> str:
    """The lookup from a complaint, or a decision, to this field of the thing; to the thing itself for ""."""
    return f"{kind.name}__{field}" if field else kind.name


def kind_of(thing: Any) -> str:
    """What the thing is called among the targets of a complaint."""
    return reportable(thing).name


def owner_of(thing: Any) -> Member | None:
    """Whose it is; None for what the shop itself announced."""
    owner: Member | None = _at(thing, reportable(thing).owner, thing)
    return owner


def words_of(thing: Any) -> str:
    """What its owner wrote there."""
    return reportable(thing).text(thing)


def shown_on(thing: Any) -> Any:
    """The thing on whose page it is shown: mostly itself."""
    return _at(thing, reportable(thing).shown_on, thing)


def page_of(thing: Any) -> str:
    """The address of the page that shows it."""
    shown = shown_on(thing)
    return f"/members/{shown.username}/" if isinstance(shown, Member) else str(shown.get_absolute_url())


def _at(thing: Any, field: str, without: Any = None) -> Any:
    return getattr(thing, field) if field else without
