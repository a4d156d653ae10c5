"""What moderators decide. Every operation that changes something adds one line to the trail, which nobody can change."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from community.accounts.deactivation import may_decide_about
from community.closet.models import Pair
from community.events import hosting
from community.events.models import Event
from community.feed import items
from community.feed.models import Comment, FeedItem
from community.moderation.complaints import KINDS, complaints_about, kind_of, owner_of, the_thing
from community.moderation.models import TARGETS, Complaint, ModerationAction
from community.notifications import notices
from community.people.models import Member
from community.restocks import news, votes
from community.restocks.models import Restock
from community.trades.models import Rating
from community.trades.offers import end_offers_with, publish
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.live import publish_on_commit
from dropshop.core.text import counted
from dropshop.core.transactions import retrying

Action = ModerationAction.Action
MAX_SILENCE_DAYS = 365  # days
QUEUE = ("-number", "created_at", "pk")  # the most complained of first
NAMES = {
    "item": "what you shared",
    "comment": "your comment",
    "restock": "your restock report",
    "pair": "your pair",
    "event": "your event",
    "rating": "your rating",
    "person": "what you wrote about yourself",
}
# Of a person, only what they wrote about themselves is hidden; to stop all writing, they are silenced.
HIDDEN = dict.fromkeys(KINDS, "hidden") | {Member: "bio_hidden"}


@retrying
def hide(about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None) -> ModerationAction | None:
    """Hides the thing from everybody and closes the complaints about it; None where it was already hidden.

    A report that is hidden has been judged, too: it ends as disputed, points and all. A pair that is hidden ends the offers
    that wait with it; one that is promised stays so. Of a person it hides what they wrote about themselves, of a rating the
    words and not the stars. Raises Forbidden about staff (unless by a superuser) and oneself, NotFound for a person who has
    written nothing.
    """
    about = the_thing(about)
    with transaction.atomic():
        action = _show(about, False, Action.HIDDEN, moderator=moderator, reason=reason, complaint=complaint)
        if action is not None and isinstance(about, Restock):
            votes.overturn(about)
    return action


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
        _refuse(about, moderator)
        if not _close(about):
            return None
        return _write(about, Action.DISMISSED, moderator, reason, complaint)


@retrying
def warn(about: Any, *, moderator: Member, reason: str, complaint: Complaint | None = None) -> ModerationAction:
    """Tells the owner what was wrong with it, in the moderator's words."""
    owner = _owner(about)
    with transaction.atomic():
        _refuse(about, moderator)
        _close(about)
        action = _write(about, Action.WARNED, moderator, reason, complaint)
        _tell(owner, action, f"A moderator warns you about {NAMES[kind_of(about)]}: {reason}", about)
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
        _refuse(about, moderator)
        until = database_time() + timedelta(days=days)
        Member.objects.filter(pk=owner.pk).update(silenced_until=until)
        _close(about)
        action = _write(about, Action.SILENCED, moderator, f"{counted(days, 'day')}. {reason}".strip(), complaint)
        _tell(owner, action, f"A moderator has silenced you until {until:%-d %B %Y, %H:%M} UTC. {reason}".strip(), about)
    return action


@retrying
def unsilence(
    about: Any, *, moderator: Member, reason: str = "", complaint: Complaint | None = None
) -> ModerationAction | None:
    """The owner may write again; None where they could."""
    owner = _owner(about)
    with transaction.atomic():
        _refuse(about, moderator)
        if not Member.objects.filter(pk=owner.pk, silenced_until__gt=ClockTimestamp()).update(silenced_until=None):
            return None
        action = _write(about, Action.UNSILENCED, moderator, reason, complaint)
        _tell(owner, action, "You may write again.", about)
    return action


@retrying
def call_off(event: Event, *, moderator: Member, reason: str = "") -> ModerationAction | None:
    """Cancels the event; None where it was already cancelled. Raises Forbidden like `hide`, and EventStarted."""
    with transaction.atomic():
        _refuse(event, moderator)
        off = hosting.lock_event(event.pk).cancelled_at is not None
        hosting.cancel(event.pk, by=None)
        return None if off else _write(event, Action.CALLED_OFF, moderator, reason, None)


def is_hidden(about: Any) -> bool:
    """Whether it is out of sight; of a person, whether what they wrote about themselves is."""
    thing = the_thing(about)
    return bool(getattr(thing, HIDDEN[type(thing)]))


def is_gone(about: Any) -> bool:
    """Whether its owner has deleted it, so that only its row is left."""
    match about:
        case FeedItem() if about.post is not None:
            return not about.post.text and not about.post.pictures.exists()
        case Comment() | Rating():
            return not about.text
        case Member():
            return not about.bio
    return getattr(about, "removed_at", None) is not None


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
    field = HIDDEN[type(about)]
    if isinstance(about, Member) and not about.bio and not shown:
        raise NotFound("They have written nothing about themselves. To stop somebody from writing, silence them.")
    with transaction.atomic():
        _refuse(about, moderator)
        if not type(about).objects.filter(pk=about.pk, **{field: shown}).update(**{field: not shown}):
            return None
        setattr(about, field, not shown)
        if isinstance(about, Restock):
            FeedItem.objects.filter(restock=about).update(hidden=not shown)
        if isinstance(about, Pair) and not shown:
            end_offers_with([about.pk], "A pair in it was hidden by a moderator.")
        if not shown:
            _close(about)
        _publish(about)
        action = _write(about, what, moderator, reason, complaint)
        words = "shows {} again" if shown else "has hidden {}"
        _tell(owner_of(about), action, f"A moderator {words.format(NAMES[kind_of(about)])}. {reason}".strip(), about)
    return action


def _publish(about: Any) -> None:
    """Hidden is hidden on every screen at once; what is shown again, people find when they look next."""
    match about:
        case Comment():
            message = {"type": "feed-comment-hidden", "id": str(about.pk), "item": str(about.item_id)}
            publish_on_commit(items.counts_event(about.item), *([message] if about.hidden else []))
        case FeedItem() if about.hidden:
            publish_on_commit(items.hidden_event(about))
        case Restock() if about.hidden:
            publish_on_commit(*(items.hidden_event(item) for item in FeedItem.objects.filter(restock=about)))
            news.publish_report(about)
        case Rating():
            publish(about.trade)


def _refuse(about: Any, moderator: Member) -> None:
    owners = [owner_of(about)]
    if isinstance(about, FeedItem) and about.trade is not None:
        owners.append(about.trade.receiver)
    if not all(owner is None or may_decide_about(owner, by=moderator) for owner in owners):
        raise Forbidden("Only a superuser decides about staff, and nobody decides about themselves.")


def _owner(about: Any) -> Member:
    owner = owner_of(about)
    if owner is None:
        raise NotFound("The shop itself wrote this.")
    return owner


def _close(about: Any) -> int:
    """Closes what was complained of it, and thanks who did; how many those were."""
    of_it = Q(**{kind_of(about): about})
    if isinstance(about, Restock):
        of_it |= Q(item__restock=about)  # from before its line in the feed and the report were one
    found = Complaint.objects.filter(of_it, closed_at=None)
    closed = list(found.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "by_id"))
    Complaint.objects.filter(pk__in=[pk for pk, _ in closed]).update(closed_at=ClockTimestamp())
    if closed:
        thanks = "A moderator has looked at what you reported. Thank you."
        notices.notify([by for _, by in closed], "complaint", cause=f"complaint:{closed[0][0]}", text=thanks)
    return len(closed)


def _write(about: Any, what: str, moderator: Member, reason: str, complaint: Complaint | None) -> ModerationAction:
    target = {kind_of(about): about}
    return ModerationAction.objects.create(moderator=moderator, action=what, reason=reason, complaint=complaint, **target)


def _tell(owner: Member | None, action: ModerationAction, text: str, about: Any) -> None:
    if owner is None or not owner.is_active:
        return
    item = about.item if isinstance(about, Comment) else about
    url = "" if is_hidden(item) or not hasattr(item, "get_absolute_url") else item.get_absolute_url()
    notices.notify([owner.pk], "moderation", cause=f"moderation:{action.pk}", text=text, url=url)
