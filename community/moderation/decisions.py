"""What moderators decide. Every operation that changes something adds one line to the trail, which nobody can change."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from community.accounts.deactivation import may_decide_about
from community.moderation.complaints import (
    complaints_about,
    kind_of,
    lookup,
    owner_of,
    page_of,
    reportable,
    shown_on,
    the_thing,
)
from community.moderation.models import TARGETS, Complaint, ModerationAction
from community.notifications import notices
from community.people.models import Member
from community.people.subjects import reportables
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.text import counted
from dropshop.core.transactions import retrying

Action = ModerationAction.Action
MAX_SILENCE_DAYS = 365  # days
QUEUE = ("-number", "created_at", "pk")  # the most complained of first


@retrying
def hide(about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None) -> ModerationAction | None:
    """Hides the thing from everybody and closes the complaints about it; None where it was already hidden.

    What follows depends on the kind. A restock report ends as disputed, and its points are taken back. A pair ends the offers
    that wait for an answer; a promised pair stays promised. Of a person, only what they wrote about themselves is hidden; of a
    rating, only the text and not the stars.

    Raises Forbidden about staff (unless by a superuser) and oneself, NotFound for a person who has written nothing.
    """
    return _show(the_thing(about), False, Action.HIDDEN, moderator=moderator, reason=reason, complaint=complaint)


@retrying
def restore(about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None) -> ModerationAction | None:
    """Shows the thing again; None where it is not hidden. Raises Invalid for what its owner has deleted."""
    about = the_thing(about)
    if is_gone(about):
        raise Invalid("Its author has deleted it; there is nothing left to show.")
    return _show(about, True, Action.RESTORED, moderator=moderator, reason=reason, complaint=complaint)


@retrying
def dismiss(about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None) -> ModerationAction | None:
    """The thing stays as it is; None where nothing was complained of it."""
    about = the_thing(about)
    with transaction.atomic():
        require_may_decide(about, moderator)
        if not _close(about):
            return None
        return record(about, Action.DISMISSED, moderator, reason, complaint)


@retrying
def warn(about: Any, *, moderator: Member, reason: str, complaint: Complaint | None = None) -> ModerationAction:
    """Tells the owner what was wrong with it, in the moderator's words."""
    owner = _owner(about)
    with transaction.atomic():
        require_may_decide(about, moderator)
        _close(about)
        action = record(about, Action.WARNED, moderator, reason, complaint)
        _notify_owner(owner, action, f"A moderator warns you about {reportable(about).yours}: {reason}", about)
    return action


@retrying
def silence(
    about: Any, *, moderator: Member, days: int, reason: str = "", complaint: Complaint | None = None
) -> ModerationAction:
    """The owner writes nothing that others see for so many days from now. Raises Invalid about `days`."""
    if not 1 <= days <= MAX_SILENCE_DAYS:
        raise Invalid(errors={"days": [f"Between 1 and {MAX_SILENCE_DAYS}."]})
    owner = _owner(about)
    with transaction.atomic():
        require_may_decide(about, moderator)
        until = database_time() + timedelta(days=days)
        Member.objects.filter(pk=owner.pk).update(silenced_until=until)
        _close(about)
        action = record(about, Action.SILENCED, moderator, f"{counted(days, 'day')}. {reason}".strip(), complaint)
        _notify_owner(
            owner, action, f"A moderator has silenced you until {until:%-d %B %Y, %H:%M} UTC. {reason}".strip(), about
        )
    return action


@retrying
def unsilence(
    about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None
) -> ModerationAction | None:
    """The owner may write again; None where they could."""
    owner = _owner(about)
    with transaction.atomic():
        require_may_decide(about, moderator)
        if not Member.objects.filter(pk=owner.pk, silenced_until__gt=ClockTimestamp()).update(silenced_until=None):
            return None
        action = record(about, Action.UNSILENCED, moderator, reason, complaint)
        _notify_owner(owner, action, "You may write again.", about)
    return action


def is_hidden(about: Any) -> bool:
    """Whether it is out of sight; of a person, whether what they wrote about themselves is."""
    thing = the_thing(about)
    return bool(getattr(thing, reportable(thing).hidden))


def is_gone(about: Any) -> bool:
    """Whether its owner has deleted it, so that only its row is left."""
    return reportable(about).is_gone(about)


def can_be_hidden(about: Any) -> bool:
    """Whether there is something to hide that is not hidden."""
    return not is_hidden(about) and not (reportable(about).nothing_to_hide and is_gone(about))


def open_complaints(found: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Of these (from `seen_by`) the queue: the oldest open one of every thing; order it by `QUEUE`."""
    older = _of_the_same_thing().filter(
        Q(created_at__lt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__lt=OuterRef("pk"))
    )
    return found.filter(~Exists(older), closed_at=None)


def seen_by(moderator: Member) -> QuerySet[Complaint]:
    """Every complaint with the `number` of open ones about the same thing, but for those about what is the moderator's own:
    who is accused never learns by whom, staff neither.
    """
    number = Subquery(_of_the_same_thing().order_by().values("thing").annotate(found=Count("pk")).values("found"))
    found = Complaint.objects.annotate(thing=Coalesce(*TARGETS), number=Coalesce(number, 0))
    return found.exclude(pk__in=complaints_about(moderator).values("pk"))


def _of_the_same_thing() -> Any:
    return Complaint.objects.filter(closed_at=None).annotate(thing=Coalesce(*TARGETS)).filter(thing=OuterRef("thing"))


def decisions_about(about: Any) -> QuerySet[ModerationAction]:
    """What was decided about the thing, newest first."""
    return ModerationAction.objects.filter(**{kind_of(about): about}).select_related("moderator")


def _show(about: Any, shown: bool, what: str, *, moderator: Member, reason: str, complaint: Any) -> ModerationAction | None:
    kind = reportable(about)
    if not shown and kind.nothing_to_hide and kind.is_gone(about):
        raise NotFound(kind.nothing_to_hide)
    with transaction.atomic():
        require_may_decide(about, moderator)
        if not kind.model._default_manager.filter(pk=about.pk, **{kind.hidden: shown}).update(**{kind.hidden: not shown}):
            return None
        setattr(about, kind.hidden, not shown)
        kind.after_change(about)
        if not shown:
            _close(about)
        action = record(about, what, moderator, reason, complaint)
        words = "shows {} again" if shown else "has hidden {}"
        _notify_owner(owner_of(about), action, f"A moderator {words.format(kind.yours)}. {reason}".strip(), about)
    return action


def require_may_decide(about: Any, moderator: Member) -> None:
    """Raises Forbidden about what is the moderator's own, and staff's, unless by a superuser."""
    owners = (owner_of(about), reportable(about).second_owner(about))
    if not all(owner is None or may_decide_about(owner, by=moderator) for owner in owners):
        raise Forbidden("Only a superuser decides about staff, and nobody decides about themselves.")


def _owner(about: Any) -> Member:
    owner = owner_of(about)
    if owner is None:
        raise NotFound("The shop itself wrote this.")
    return owner


def _close(about: Any) -> int:
    """Closes what was complained of it, and thanks who did; how many those were."""
    name = kind_of(about)
    # Some are of its line in the feed, from before the two were one.
    as_well = ((lookup(kind, name), about) for kind in reportables() if kind.stands_for == name)
    of_it = Q((name, about), *as_well, _connector=Q.OR)
    found = Complaint.objects.filter(of_it, closed_at=None)
    closed = list(found.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "by_id"))
    Complaint.objects.filter(pk__in=[pk for pk, _ in closed]).update(closed_at=ClockTimestamp())
    if closed:
        thanks = "A moderator has looked at what you reported. Thank you."
        notices.notify([by for _, by in closed], "complaint", cause=f"complaint:{closed[0][0]}", text=thanks)
    return len(closed)


def record(about: Any, what: str, moderator: Member, reason: str, complaint: Complaint | None = None) -> ModerationAction:
    """One more line of the trail."""
    target = {kind_of(about): about}
    return ModerationAction.objects.create(moderator=moderator, action=what, reason=reason, complaint=complaint, **target)


def _notify_owner(owner: Member | None, action: ModerationAction, text: str, about: Any) -> None:
    if owner is None or not owner.is_active:
        return
    shown = shown_on(about)
    url = "" if shown == owner or is_hidden(shown) else page_of(about)
    notices.notify([owner.pk], "moderation", cause=f"moderation:{action.pk}", text=text, url=url)
