"""What the export, erasing and moderation need of events and their guests."""

from contextlib import suppress

from django.db.models import QuerySet

from community.events import hosting
from community.events.facts import visible_to
from community.events.models import Attendance, Event
from community.notifications.models import Notice
from community.people.models import Member
from community.people.pseudonymise import remove_from_staff_log
from community.people.subjects import Export, Reportable, Subject
from community.places.fields import Place
from dropshop.core.clock import database_time
from dropshop.core.errors import NotFound

EVENT = ("id", "title", "text", "starts_at", "ends_at", "time_zone", "venue", "city", "place", "capacity", "cancelled_at")
NO_TITLE = "A former member's event"
CALLED_OFF = "An event you wanted to go to is cancelled: its host has left."


def _forget(member: Member) -> None:
    _leave_upcoming(member)
    for event in member.events.all():
        where = Place(round(event.place.latitude), round(event.place.longitude))  # it may have been their home
        member.events.filter(pk=event.pk).update(title=NO_TITLE, text="", venue="", city="", place=where)
        told = Notice.objects.filter(cause__startswith=f"event:{event.pk}:")
        told.filter(kind="event-cancelled").update(text=CALLED_OFF)
        told.exclude(kind="event-cancelled").delete()
    remove_from_staff_log(Event, member.events.values_list("pk", flat=True))


def _leave_upcoming(member: Member) -> None:
    """Cancels the events that the member hosts. At events of others, the member's place goes to the next who waits."""
    now = database_time()
    for event_id in _upcoming(member).order_by("pk").values_list("pk", flat=True):
        with suppress(hosting.EventStarted):
            hosting.cancel(event_id, by=member)
    open_answers = [Attendance.Status.GOING, Attendance.Status.WAITING]
    coming = member.attendances.filter(status__in=open_answers, event__starts_at__gt=now, event__cancelled_at=None)
    for event_id in coming.order_by("event").values_list("event", flat=True):
        with suppress(hosting.EventStarted, hosting.EventCancelled, NotFound):
            hosting.answer(event_id, member, going=False)
    member.attendances.filter(event__starts_at__gt=now).delete()


def _upcoming(member: Member) -> QuerySet[Event]:
    return member.events.filter(starts_at__gt=database_time(), cancelled_at=None)


SUBJECT = Subject(
    first_lock=8,
    exports={
        "events": Export(lambda member: member.events.all(), EVENT),
        "attendances": Export(lambda member: member.attendances.order_by("pk"), ("event", "status", "since")),
    },
    forget=_forget,
    ends={"hosted event": lambda member: _upcoming(member).count()},
    mentions=((Event, "text"),),
    reportable=(
        Reportable(
            name="event",
            model=Event,
            owner="host",
            visible=visible_to,
            text=lambda event: f"{event.title}\n{event.text}".strip(),
            yours="your event",
            related=("host",),
        ),
    ),
)
