"""Restocks: what is to be had elsewhere, and what members say of it. Visitors read; members report and vote."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.accounts.linked_accounts import records_device
from community.restocks import reports as restocks
from community.restocks import votes
from community.restocks.facts import restock_facts, visible
from community.restocks.forms import ReportForm
from community.restocks.models import Restock
from community.restocks.presenter import record_in_words, restock_words
from community.restocks.search import FILTERS, filtered
from community.stores.models import Store
from drops.catalogue.search import named_by
from drops.models import Sneaker
from dropshop.core.errors import DropshopError, Invalid, NotFound
from dropshop.core.ids import find_by_id
from dropshop.core.limits import limit, limited
from dropshop.core.members import Viewer, signed_in
from dropshop.core.pages import member_of, render_live, row_above
from dropshop.core.posted import posted

PAGE_SIZE = 30  # rows
SNEAKERS_SHOWN = 12  # that a search for one shows
SAID = {
    "confirm": "You said that you saw it too. Thank you.",
    "dispute": "You said that you did not find it. Thank you.",
    "gone": "You said that it is sold out. Thank you.",
}


def rows_of(found: QuerySet[Restock], viewer: Viewer) -> list[dict[str, Any]]:
    """Each report with its facts and words, as `_restock.html` draws it; as many statements for one as for many."""
    reports = list(found.prefetch_related("sneaker__pictures"))
    return [
        {"restock": report, "facts": facts, "words": restock_words(facts)}
        for report, facts in zip(reports, restock_facts(reports, viewer), strict=True)
    ]


def older_than(found: QuerySet[Restock], report: Restock | None) -> QuerySet[Restock]:
    """The reports of `found`, newest first, from below this one on."""
    if report is not None:
        found = found.filter(Q(created_at__lt=report.created_at) | Q(created_at=report.created_at, pk__lt=report.pk))
    return found.order_by("-created_at", "-pk")


def paged(request: HttpRequest, found: QuerySet[Restock]) -> dict[str, Any]:
    """A page of the reports: `rows`, `last` where there are older ones, `is_first`. `?older=<id>` goes on below that one."""
    below = row_above(request, visible())
    rows = rows_of(older_than(found, below)[: PAGE_SIZE + 1], request.user)
    return {
        "rows": rows[:PAGE_SIZE],
        "last": rows[PAGE_SIZE - 1]["restock"] if len(rows) > PAGE_SIZE else None,
        "is_first": below is None,
    }


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The reports, newest first: those that are open, or what the filters ask for."""
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    try:
        found = filtered({**asked, "status": "" if asked["status"] == "all" else asked["status"]})
    except Invalid:
        found = visible().none()
    if not asked["status"]:
        found = found.filter(status__in=Restock.OPEN)
    context = {
        **paged(request, found),
        "asked": asked,
        "stores": Store.objects.filter(active=True),
        "statuses": [("", "Open"), *Restock.Status.choices, ("all", "All")],
        "sneaker": _sneaker(asked["sneaker"]),
    }
    return render_live(
        request, "community/restocks/restocks.html", context, parts={"restocks": "community/restocks/_restock_list.html"}
    )


def _sneaker(pk: str) -> Sneaker | None:
    return find_by_id(Sneaker.objects.prefetch_related("pictures"), pk)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("restock")
@records_device
def new(request: HttpRequest) -> HttpResponse:
    """Report a restock: find the sneaker (`?q=`), then say where (GET); the report (POST)."""
    member = member_of(request)
    sneaker = _sneaker(request.POST.get("sneaker", request.GET.get("sneaker", "")))
    links = restocks.why_no_links(member)
    if request.method == "GET":
        initial = {
            "sneaker": sneaker,
            "store": request.GET.get("store", ""),
            "currency": sneaker.currency if sneaker else "USD",
        }
        return _form(request, ReportForm(initial=initial, links=links), sneaker)
    if request.FILES:
        limit("upload", request)
    form = ReportForm(request.POST, request.FILES, links=links)
    if form.is_valid():
        try:
            found, created = restocks.report(member=member, **form.report)
        except Invalid as refusal:
            form.refuse(refusal.facts["errors"])
        else:
            words = (
                "Reported. You earn karma when others confirm it."
                if created
                else "It was already reported; your report was added to it."
            )
            messages.success(request, words)
            return _go(found.get_absolute_url())
    return _form(request, form, sneaker, status=400)


def _form(request: HttpRequest, form: ReportForm, sneaker: Sneaker | None, *, status: int = 200) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:100]
    found = named_by(Sneaker.objects.prefetch_related("pictures"), typed)[:SNEAKERS_SHOWN]
    context = {"form": form, "sneaker": sneaker, "q": typed, "found": found if not sneaker else ()}
    context["store"] = request.GET.get("store", "")
    return render(request, "community/restocks/new.html", context, status=status)


@require_safe
def restock(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One report: its facts, what was said of it, and what this viewer may say."""
    found = visible().filter(pk=pk)
    rows = rows_of(found, request.user)
    if not rows:
        raise NotFound("There is no such report.")
    report: Restock = rows[0]["restock"]
    mine, followed = "", []
    if request.user.is_authenticated:
        mine = report.votes.filter(member=request.user).values_list("kind", flat=True).first() or ""
        followed = list(request.user.follows.filter(Q(store=report.store) | Q(sneaker=report.sneaker)))
    context = {
        **rows[0],
        "record": record_in_words(rows[0]["facts"]["reporter"]["record"]) if report.reporter_id else "",
        "mine": mine,
        "is_reporter": report.reporter_id is not None and report.reporter_id == request.user.pk,
        "is_open": report.status in Restock.OPEN,
        "is_gone": report.status == Restock.Status.GONE,
        "follows_store": any(follow.store_id for follow in followed),
        "follows_sizes": sorted(follow.size for follow in followed if follow.sneaker_id),
    }
    return render_live(
        request, "community/restocks/restock.html", context, parts={"restock": "community/restocks/_restock_column.html"}
    )


@posted("restock", "pk")
@login_required
@limited("vote")
@records_device
def say(request: HttpRequest, pk: UUID, word: str) -> HttpResponse:
    """What the member saw: confirm, dispute or gone; back to the report, with what was refused in words."""
    if word not in votes.deeds:
        raise NotFound("There is no such answer.")
    # Where the form asked which sizes, none ticked is not all of them.
    seen_sizes = {"sizes": request.POST.getlist("sizes")} if word == "confirm" and "by_size" in request.POST else {}
    try:
        votes.deeds[word](pk, member=request.user, **seen_sizes)
    except NotFound:
        raise
    except Invalid as refusal:
        messages.warning(request, " ".join(words for found in refusal.facts["errors"].values() for words in found))
    except DropshopError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, SAID[word])
    return _go(f"/restocks/{pk}/")


@require_safe
def store(request: HttpRequest, slug: str) -> HttpResponse:
    """A store: where it is, and what was reported of it."""
    found = get_object_or_404(Store, slug=slug)
    member = signed_in(request.user)
    follows = member is not None and member.follows.filter(store=found).exists()
    context = {**paged(request, visible().filter(store=found)), "store": found, "follows_store": follows}
    return render_live(request, "community/stores/store.html", context, parts={"restocks": "community/stores/_store_list.html"})


def _go(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=303)
