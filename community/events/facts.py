"""Which events there are for whom, and how they are told: for the API and the pages."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from community.events.models import MAX_DURATION, Attendance, Event
from community.notifications.models import Notice
from community.people import relations
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import NotFound
from dropshop.core.members import Viewer, signed_in

SOONEST = ("starts_at", "ends_at", "id")


def visible_to(viewer: Viewer) -> QuerySet[Event]:
    """Every event this member, or visitor, may see, with its host: nothing hidden, nothing by members they must not see.

    Hosts are fetched afterwards: joined, they would be looked up for everything around a place before the nearest are known.
    """
    found = Event.objects.filter(hidden=False).prefetch_related("host")
    hidden = relations.hidden_from(viewer)
    return found.exclude(host__in=hidden) if hidden else found


def find_event(pk: UUID, *, viewer: Viewer) -> Event:
    """The event, where this viewer may see it; raises NotFound."""
    found = visible_to(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such event.")
    return found


def still_true(notices: dict[Notice, UUID], **_: Any) -> Collection[Notice]:
    """Of these notices about events, by their ids, those that may still be told: before the start, and unless it is cancelled
    what is no cancellation."""
    coming = Event.objects.filter(pk__in=notices.values(), starts_at__gt=database_time())
    cancelled = dict(coming.values_list("pk", "cancelled_at"))
    return [
        notice
        for notice, pk in notices.items()
        if pk in cancelled and (cancelled[pk] is None or notice.kind == "event-cancelled")
    ]


def upcoming(events: QuerySet[Event], *, until: datetime | None = None) -> QuerySet[Event]:
    """Those that are not over, and not cancelled; with `until` those that start before."""
    now = database_time()
    found = events.filter(ends_at__gt=now, starts_at__gt=now - MAX_DURATION, cancelled_at=None)
    return found if until is None else found.filter(starts_at__lt=until)


def event_facts(events: Iterable[Event], *, viewer: Viewer = None) -> list[dict[str, Any]]:
    """The events as the API's `event`, in their order; as many statements for one as for many.

    `distance_km` stands on those that were found by `nearby.near`; `mine` is the viewer's answer.
    """
    events = list(events)
    counts = _counts(events)
    mine = _answers_of(viewer, events)
    return [_describe(event, counts, mine.get(event.pk)) for event in events]


def _describe(event: Event, counts: dict[tuple[Any, str], int], mine: str | None) -> dict[str, Any]:
    place: Any = event.place
    distance = getattr(event, "distance_km", None)
    return {
        "id": str(event.pk),
        "title": event.title,
        "text": event.text,
        "host": relations.display_name(event.host),
        "starts_at": iso(event.starts_at),
        "ends_at": iso(event.ends_at),
        "time_zone": event.time_zone,
        "venue": event.venue,
        "city": event.city,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "capacity": event.capacity,
        "going": counts.get((event.pk, "going"), 0),
        "waiting": counts.get((event.pk, "waiting"), 0),
        "mine": mine,
        "cancelled": event.cancelled_at is not None,
        "distance_km": None if distance is None else round(distance, 2),
        "url": event.get_absolute_url(),
    }


def _counts(events: list[Event]) -> dict[tuple[Any, str], int]:
    found = Attendance.objects.filter(event__in=events).values_list("event", "status").annotate(members=Count("id"))
    return {(event, status): members for event, status, members in found}


def _answers_of(viewer: Viewer, events: list[Event]) -> dict[Any, str]:
    member = signed_in(viewer)
    if member is None:
        return {}
    return dict(Attendance.objects.filter(event__in=events, member=member).values_list("event", "status"))


def span(event: Event) -> str:
    """Start and end in local time: "Sat 5 December 2026, 18:00–21:00 (Europe/Berlin)"."""
    zone = ZoneInfo(event.time_zone)
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%a %-d %B, %H:%M}"
    return f"{starts:%a %-d %B %Y, %H:%M}–{until} ({event.time_zone})"


def guests_of(event: Event, *, viewer: Viewer) -> list[str]:
    """The names of those who are going, in the order of asking, for members; nobody's for visitors.

    Members whom the viewer must not see are left out.
    """
    if signed_in(viewer) is None:
        return []
    going = event.attendances.filter(status="going", member__is_active=True).exclude(member__in=relations.hidden_from(viewer))
    return [*going.order_by("since", "id").values_list("member__username", flat=True)[:200]]
