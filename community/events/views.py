"""The pages of events: the list with its map, one of them, hosting, and answering."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.request import Request

from community.events import hosting
from community.events.facts import SOONEST, event_facts, find_event, guests_of, span, upcoming, visible_to
from community.events.forms import EventForm
from community.events.icalendar import calendar
from community.events.models import Event
from community.events.serializers import MAX_RADIUS_KM
from community.people import areas
from community.places import gazetteer
from community.places.fields import Place
from community.places.nearby import NEAREST, nearest
from dropshop.core.api.paging import PAGE_SIZE, opened
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.limits import limited
from dropshop.core.pages import paginate, shown_anew
from dropshop.core.posted import posted

SPANS = {"week": timedelta(days=7), "month": timedelta(days=31)}
RADII_KM = (10, 25, 50, 150, MAX_RADIUS_KM)


def _map() -> dict[str, str]:
    """Where the map's tiles come from; without them it has the offline ground alone."""
    return {"tiles": settings.MAP_TILES, "attribution": settings.MAP_ATTRIBUTION}


@shown_anew
@require_safe
def events_list(request: HttpRequest) -> HttpResponse:
    """Events to come: all, or those near the member's area or a place, this week or this month."""
    found, search = upcoming(visible_to(request.user)), _searched(request)
    ordering: tuple[str, ...] = SOONEST
    if search["span"] in SPANS:
        found = upcoming(found, until=database_time() + SPANS[search["span"]])
    if search["around"] is not None:
        cursor = opened(Request(request))
        found, ordering = nearest(found, search["around"], search["radius"], rows=PAGE_SIZE, cursor=cursor), NEAREST
    shown = paginate(request, found, ordering, rows=PAGE_SIZE)
    described = zip(shown.rows, event_facts(shown.rows, viewer=request.user), strict=True)
    rows = [{**facts, "starts": row.starts_at} for row, facts in described]
    links = {"next": shown.older, "previous": shown.newer}
    return render(request, "community/events/list.html", {"events": rows, "search": search, "map": _map(), **links})


def _searched(request: HttpRequest) -> dict[str, Any]:
    """What the visitor looks for, and around which place; a name that is unknown or not clear says so in `trouble`."""
    area = getattr(request.user, "geohash", "")
    text, mine = request.GET.get("place", "").strip()[:100], request.GET.get("near") == "me" and bool(area)
    radius = request.GET.get("radius", "")
    search: dict[str, Any] = {
        "place": text, "mine": mine, "span": request.GET.get("when", ""), "radii": RADII_KM, "around": None, "trouble": "",
        "area": area, "said": "", "several": [],
        "radius": int(radius) if radius in map(str, RADII_KM) else areas.precision_of(area).radius_km if mine else 50,
    }  # fmt: skip
    if mine:
        search |= {"around": areas.middle(area), "said": areas.said(area)}
    elif text:
        city = gazetteer.the_one(text)
        if city is None:
            search["several"] = [other.label for other in gazetteer.find_cities(text)]
            search["trouble"] = (
                f"“{text}” could be several places." if search["several"] else f"We do not know the place “{text}”."
            )
        else:
            search |= {"around": city.place, "said": f"around {city.label}"}
    return search


@require_safe
def places(request: HttpRequest) -> JsonResponse:
    """Names of cities that begin like this, for the form's list: {"places": [{label, latitude, longitude}]}."""
    found = gazetteer.find_cities(request.GET.get("q", ""))
    named = [{"label": city.label, "latitude": city.place.latitude, "longitude": city.place.longitude} for city in found]
    return JsonResponse({"places": named})


def _mine(request: HttpRequest, pk: UUID) -> Event:
    found = visible_to(request.user).filter(pk=pk, host=_member(request)).first()
    if found is None:
        raise NotFound("There is no such event.")
    return found


@shown_anew
@require_safe
def event(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event: when by whose clock, where, who comes, and the viewer's answer."""
    found = find_event(pk, viewer=request.user)
    (facts,) = event_facts([found], viewer=request.user)
    answer = found.attendances.filter(member=request.user).first() if request.user.is_authenticated else None
    context = {
        "event": found,
        "facts": facts,
        "said_when": span(found),
        "map": _map(),
        "answer": answer,
        "line": hosting.place_in_line(answer) if answer else None,
        "guests": guests_of(found, viewer=request.user),
        "hosts": found.host_id == request.user.pk,
        "open": found.cancelled_at is None and found.starts_at > database_time(),
        "free": None if found.capacity is None else max(0, found.capacity - facts["going"]),
    }
    return render(request, "community/events/event.html", context)


@never_cache
@login_required
@limited("event")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Describe an event, and host it."""
    form = EventForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        hosted = _save(form, lambda: hosting.host(_member(request), **form.facts))
        if hosted is not None:
            return redirect(hosted)
    return _form(request, form)


@never_cache
@login_required
@limited("event")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change an event of mine."""
    mine = _mine(request, pk)
    form = EventForm(request.POST or None, initial=EventForm.initial_of(mine))
    if request.method == "POST" and form.is_valid():
        changed = _save(form, lambda: hosting.change(mine.pk, form.facts, by=_member(request)))
        if changed is not None:
            messages.success(request, "Saved. Guests are told when the time or the place has changed.")
            return redirect(changed)
    return _form(request, form, mine)


def _form(request: HttpRequest, form: EventForm, mine: Event | None = None) -> HttpResponse:
    place: Any = mine.place if mine else Place(30.0, 10.0)
    context = {"form": form, "event": mine, "map": _map(), "place": place}
    return render(request, "community/events/form.html", context, status=400 if form.errors else 200)


def _save(form: EventForm, act: Any) -> Event | None:
    """What the operation returns; None where it was refused, and then the form says why."""
    try:
        saved: Event = act()
    except DropshopError as refusal:
        for name, words in (refusal.facts.get("errors") or {}).items():
            form.add_error(name if name in form.fields else None, words)
        if not refusal.facts.get("errors"):
            form.add_error(None, refusal.detail)
        return None
    return saved


@posted("event", "pk")
@login_required
@limited("event")
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel an event of mine."""
    mine = _mine(request, pk)
    return _deed(request, mine, lambda: hosting.cancel(mine.pk, by=_member(request)), "Cancelled. Your guests are told.")


@posted("event", "pk")
@login_required
@limited("vote")
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accept or decline the invitation."""
    found, going = find_event(pk, viewer=request.user), request.POST.get("going") == "1"
    return _deed(request, found, lambda: hosting.answer(found.pk, _member(request), going=going))


def _deed(request: HttpRequest, found: Event, act: Any, done: str = "") -> HttpResponse:
    """Back to the event, which shows the new state; with a message where the operation was refused."""
    try:
        act()
    except DropshopError as refusal:
        if refusal.status == 404:
            raise
        messages.warning(request, refusal.detail)
    else:
        if done:
            messages.success(request, done)
    response = redirect(found)
    response.status_code = 303
    return response


@never_cache
@require_safe
def calendar_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The event for the guest's own calendar."""
    found = find_event(pk, viewer=request.user)
    text = calendar(found, request.build_absolute_uri(found.get_absolute_url()))
    name = f'attachment; filename="event-{found.pk}.ics"'
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers={"Content-Disposition": name})


def _member(request: HttpRequest) -> Any:
    """Who is signed in; only behind `login_required`."""
    return request.user
