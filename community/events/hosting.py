"""Events: hosting, changing and cancelling one, and answering the invitation.

The lock of the event guards its places: whoever answers, leaves or changes the capacity holds it, then reads the
database's clock and counts. Lock order: after trades and pairs, before karma accounts.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from community.events.models import MAX_DURATION, Attendance, Event
from community.moderation import decisions
from community.moderation.models import ModerationAction
from community.notifications import notices
from community.people import relations
from community.people.models import Member
from community.places import geocoding
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import MOMENT, NUMBER, DropshopError, Invalid, NotFound
from dropshop.core.members import lock_open_account
from dropshop.core.text import clean_text, counted
from dropshop.core.transactions import retrying

GOING, WAITING, DECLINED = Attendance.Status.GOING, Attendance.Status.WAITING, Attendance.Status.DECLINED
LATEST_START = datetime(2100, 1, 1, tzinfo=UTC)
# How long before the start guests are reminded.
REMIND_BEFORE = timedelta(hours=24)
# What members write about one, and how long it may be.
MAX_LENGTHS = {"title": 120, "text": 2000, "venue": 200, "city": 120}
# What guests must know at once when it changes.
MOVES = {"starts_at", "ends_at", "venue", "city", "place"}


class EventStarted(DropshopError):
    """It has begun: nothing about it changes any more. `starts_at` says when."""

    code, status, title = "event_started", 409, "This event has begun."
    brings = {"starts_at": MOMENT}


class EventCancelled(DropshopError):
    """The host, or a moderator, called it off."""

    code, status, title = "event_cancelled", 409, "This event is cancelled."
    brings = {"cancelled_at": MOMENT}


class OwnEvent(DropshopError):
    """Hosts are going to their own event anyway, and take nobody's place."""

    code, status, title = "own_event", 409, "You host this event, so you are going anyway."


class BelowGoing(DropshopError):
    """The new capacity is below the number of guests who were let in: `going`."""

    code, status, title = "below_going", 409, "More guests are going than that."
    brings = {"going": NUMBER}


def lock_event(event_id: UUID) -> Event:
    """The event, its row locked until the transaction ends; raises NotFound."""
    locked = Event.objects.select_for_update(no_key=True).filter(pk=event_id).first()
    if locked is None:
        raise NotFound("There is no such event.")
    return locked


def host(member: Member, **facts: Any) -> Event:
    """A new event of this member; `facts` are fields of Event.

    Raises Forbidden for who was silenced, and Invalid, by field, for empty texts and hours that make no sense.
    """
    check_hours(facts["starts_at"], facts["ends_at"], database_time())
    cleaned = _cleaned(facts)
    with transaction.atomic():
        relations.lock_writer(member)
        return Event.objects.create(host=member, **cleaned)


@retrying
def change(event_id: UUID, changes: Mapping[str, Any], *, by: Member) -> Event:
    """Changes fields of an event that has not begun; only its host does. Guests hear of another time or place.

    Another city without another place is the middle of that city. A higher capacity lets in who waits first. Raises what `host`
    does, NotFound, EventStarted, EventCancelled and BelowGoing.
    """
    changes = _with_place(event_id, _cleaned(changes))
    with transaction.atomic():
        relations.lock_writer(by)
        locked = lock_event(event_id)
        if locked.host_id != by.pk or locked.hidden:
            raise NotFound("There is no such event.")
        moment = database_time()
        _require_upcoming(locked, moment)
        moved = {name for name, value in changes.items() if getattr(locked, name) != value}
        if not moved:
            return locked
        for name in moved:
            setattr(locked, name, changes[name])
        if moved & {"starts_at", "ends_at"}:
            check_hours(locked.starts_at, locked.ends_at, moment)
        if "capacity" in moved:
            _check_capacity(locked)
        locked.save(update_fields=[*moved])
        if moved & MOVES:
            text = f"“{locked.title}” has changed: {when(locked)}, {locked.venue}, {locked.city}."
            _notify_guests(locked, "event-changed", f"event:{locked.pk}:changed:{iso(moment)}", text)
        _let_in(locked)
    return locked


@retrying
def cancel(event_id: UUID, *, by: Member | None) -> Event:
    """Cancels the event and tells its guests; does nothing if it is already cancelled. `by` None is a moderator.

    Raises NotFound for somebody else's, and EventStarted.
    """
    with transaction.atomic():
        locked = lock_event(event_id)
        if by is not None and locked.host_id != by.pk:
            raise NotFound("There is no such event.")
        if locked.cancelled_at is not None:
            return locked
        locked.cancelled_at = database_time()
        _require_not_begun(locked, locked.cancelled_at)
        locked.save(update_fields=["cancelled_at"])
        text = f"“{locked.title}” on {when(locked)} is cancelled."
        _notify_guests(locked, "event-cancelled", f"event:{locked.pk}:cancelled", text)
        if by is None:
            notices.notify(
                [locked.host_id], "event-cancelled", cause=f"event:{locked.pk}:cancelled", text=text, url=_url(locked)
            )
    return locked


@retrying
def call_off(event: Event, *, moderator: Member, reason: str = "") -> ModerationAction | None:
    """`cancel` by a moderator; None where it was already cancelled. Raises EventStarted, and Forbidden about staff."""
    with transaction.atomic():
        decisions.require_may_decide(event, moderator)
        off = lock_event(event.pk).cancelled_at is not None
        cancel(event.pk, by=None)
        return None if off else decisions.record(event, ModerationAction.Action.CALLED_OFF, moderator, reason)


@retrying
def answer(event_id: UUID, member: Member, *, going: bool) -> Attendance:
    """The member's answer: going while there is room, else waiting in the order of asking; or declined.

    The same answer again changes nothing. When a guest leaves, the first who waits gets the place. Raises NotFound, OwnEvent,
    EventStarted and EventCancelled.
    """
    with transaction.atomic():
        lock_open_account(member)
        locked = lock_event(event_id)
        if locked.hidden:
            raise NotFound("There is no such event.")
        if locked.host_id == member.pk:
            raise OwnEvent
        moment = database_time()
        known = locked.attendances.filter(member=member).first()
        if known is not None and (known.status != DECLINED) == going:
            return known
        _require_upcoming(locked, moment)
        status = DECLINED if not going else GOING if _room(locked) else WAITING
        given, _ = locked.attendances.update_or_create(member=member, defaults={"status": status, "since": moment})
        if known is not None and known.status == GOING:
            _let_in(locked)
    return given


def remind() -> int:
    """Reminds the guests who are going, and the host, of every event that begins within a day; once for each start time.

    It can run as often as needed. Returns how many were told.
    """
    now = database_time()
    soon = Event.objects.filter(starts_at__gt=now, starts_at__lte=now + REMIND_BEFORE, cancelled_at=None, hidden=False)
    told = 0
    for event in soon.order_by("starts_at", "pk"):
        going = event.attendances.filter(status=GOING).order_by("member").values_list("member", flat=True)
        cause = f"event:{event.pk}:soon:{iso(event.starts_at)}"
        text = f"“{event.title}” is soon: {when(event)}, {event.venue}, {event.city}."
        told += len(notices.notify([*going, event.host_id], "event-soon", cause=cause, text=text, url=_url(event)))
    return told


def place_in_line(given: Attendance) -> int | None:
    """1 for who is let in next; None for who does not wait."""
    if given.status != WAITING:
        return None
    line = Attendance.objects.filter(event=given.event_id, status=WAITING).order_by("since", "id")
    return [*line.values_list("pk", flat=True)].index(given.pk) + 1


def when(event: Event) -> str:
    """The start in local time: "Sat 5 Dec 2026, 18:00 (Europe/Berlin)"."""
    return f"{event.starts_at.astimezone(ZoneInfo(event.time_zone)):%a %-d %b %Y, %H:%M} ({event.time_zone})"


def _cleaned(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, their texts as they are stored: only what it is about may have lines, or be left out."""
    told = {
        name: clean_text(facts[name], limit=limit, field=name, required=name != "text", lines=name == "text")
        for name, limit in MAX_LENGTHS.items()
        if name in facts
    }
    return {**facts, **told}


def _with_place(event_id: UUID, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, and where only the city's name is another: its place and clocks. Before the lock: geocoders are slow."""
    before = Event.objects.filter(pk=event_id).first()
    if before is None or changes.get("city", before.city) == before.city or changes.get("place", before.place) != before.place:
        return changes
    city = geocoding.moved_to(before.place, changes["city"])
    if city is None:
        return changes
    zone = changes.get("time_zone", before.time_zone)
    return {**changes, "place": city.place, "time_zone": city.time_zone if zone == before.time_zone else zone}


def _room(locked: Event) -> int:
    """Free places; as many as anybody wants where there is no limit."""
    if locked.capacity is None:
        return 2**31
    return max(0, locked.capacity - locked.attendances.filter(status=GOING).count())


def _let_in(locked: Event) -> None:
    """The first of those who wait take the places that are free, each with a notice."""
    waiting = locked.attendances.filter(status=WAITING, member__is_active=True).order_by("since", "id")
    for first in waiting[: _room(locked)]:
        cause = f"event:{locked.pk}:in:{iso(first.since)}"
        first.status = GOING
        first.save(update_fields=["status"])
        text = f"You have a place now at “{locked.title}”, {when(locked)}."
        notices.notify([first.member_id], "event-in", cause=cause, text=text, url=_url(locked))


def _notify_guests(locked: Event, kind: str, cause: str, text: str) -> None:
    notices.notify(_guests(locked), kind, cause=cause, text=text, url=_url(locked))


def _guests(locked: Event) -> Iterable[Any]:
    return locked.attendances.filter(status__in=[GOING, WAITING]).order_by("member").values_list("member", flat=True)


def _url(event: Event) -> str:
    return event.get_absolute_url()


def _require_not_begun(locked: Event, moment: datetime) -> None:
    if locked.starts_at <= moment:
        raise EventStarted(starts_at=locked.starts_at)


def _require_upcoming(locked: Event, moment: datetime) -> None:
    if locked.cancelled_at is not None:
        raise EventCancelled(cancelled_at=locked.cancelled_at)
    _require_not_begun(locked, moment)


def _check_capacity(locked: Event) -> None:
    going = locked.attendances.filter(status=GOING).count()
    if locked.capacity is not None and locked.capacity < going:
        raise BelowGoing(f"{counted(going, 'guest')} {'is' if going == 1 else 'are'} going already.", going=going)


def check_hours(starts_at: datetime, ends_at: datetime, moment: datetime) -> None:
    """Raises Invalid, by field, for hours that make no sense at this moment."""
    errors: dict[str, list[str]] = {}
    if not starts_at < LATEST_START:
        errors["starts_at"] = ["Before the year 2100."]
    elif starts_at <= moment:
        errors["starts_at"] = ["The start must be in the future."]
    elif ends_at <= starts_at:
        errors["ends_at"] = ["It ends after it starts."]
    elif ends_at > starts_at + MAX_DURATION:
        errors["ends_at"] = [f"An event lasts at most {MAX_DURATION.days} days."]
    if errors:
        raise Invalid(errors=errors)
