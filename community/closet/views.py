"""My closet: all of my pairs at once, several changed together, and its folders."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Concat, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.closet import bought, folders
from community.closet import pairs as closet
from community.closet.facts import CONDITIONS, described, filtered, in_closet_of, visible_to
from community.closet.models import Pair, Visibility
from community.closet.pairs import PairChanges
from community.people import relations
from community.people.models import Member
from community.pricing import prices
from community.pricing.labels import valuation_label
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.limits import limited
from dropshop.core.money import Money
from dropshop.core.pages import member_of, paginate, parse_ids
from dropshop.core.posted import posted

SORTS = {
    "newest": ("Newest first", ("-created_at", "-id")),
    "oldest": ("Oldest first", ("created_at", "id")),
    "name": ("By name", ("called", "-created_at", "-id")),
    "best": ("Best condition first", ("-condition", "-created_at", "-id")),
}


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def page(request: HttpRequest) -> HttpResponse:
    """My pairs as I look for them (GET), and one change to those I chose (POST)."""
    if request.method == "GET":
        return _page(request)
    try:
        said = _bulk(request)
    except DropshopError as refusal:
        return _page(request, refusal)
    messages.success(request, said)
    return redirect(request.get_full_path())


def _page(request: HttpRequest, refusal: DropshopError | None = None) -> HttpResponse:
    member = member_of(request)
    sort = request.GET.get("sort", "")
    mine = in_closet_of(member)
    wanted = filtered(described(mine), request.GET, own=True).annotate(called=Lower(Concat("sneaker__brand", "sneaker__name")))
    shown = paginate(request, wanted, SORTS.get(sort, SORTS["newest"])[1])
    worth = prices.values_of(shown.rows)
    context = {
        "shown": shown,
        "tiles": [{"pair": pair, "worth": valuation_label(worth.get(pair.pk))} for pair in shown.rows],
        "total": total_of(mine),
        "folders": member.folders.annotate(pairs_in=Count("pairs", filter=Q(pairs__removed_at=None))),
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
        "conditions": CONDITIONS,
        "visibilities": Visibility.choices,
        "asked": request.GET,
        "looking": any(request.GET.get(name) for name in ("search", "size", "condition", "folder", "visibility", "for_trade")),
        "refusal": refusal,
        "chosen": set(request.POST.getlist("pair")),
        "unseen": _wants_to_be_seen(refusal),
        "tab": "closet",
    }
    return render(request, "community/closet/closet.html", context, status=refusal.status if refusal else 200)


def _wants_to_be_seen(refusal: DropshopError | None) -> bool:
    """Whether pairs cannot be for trade because nobody sees them, so that showing them is what helps."""
    facts = refusal.facts if refusal else {}
    several = [one["detail"] for one in facts.get("refused", ())]
    return closet.UNSEEN in [*(facts.get("errors") or {}).get("for_trade", ()), *several]


def total_of(pairs: QuerySet[Pair]) -> dict[str, Any] | None:
    """What these pairs are worth together, in the currency most of it is in; `known` of `all` have a value."""
    found = list(pairs.only("sneaker", "size", "condition"))
    worth = list(prices.values_of(found).values())
    if not worth:
        return None
    currencies = [value.currency for value in worth]
    currency = max(sorted(set(currencies)), key=currencies.count)
    counted = [value for value in worth if value.currency == currency]
    sums = {name: sum(getattr(value, name) for value in counted) for name in ("low", "middle", "high")}
    return {**{name: Money(minor, currency) for name, minor in sums.items()}, "known": len(counted), "all": len(found)}


def _bulk(request: HttpRequest) -> str:
    """Does what was asked to all pairs that were chosen; what happened, in a sentence."""
    member, ids = member_of(request), parse_ids(request.POST.getlist("pair"))
    if not ids:
        raise Invalid(errors={"pair": ["Choose the pairs first."]})
    count = f"{len(ids)} pair{'s' * (len(ids) != 1)}"
    deed = request.POST.get("do")
    if deed == "remove":
        closet.remove_each(ids, member=member)
        return f"{count} removed from your closet."
    changes, said = _chosen(request, deed)
    closet.change_each(ids, member=member, changes=changes)
    return f"{count} {said}"


def _chosen(request: HttpRequest, deed: str | None) -> tuple[PairChanges, str]:
    match deed:
        case "folder":
            name = (request.POST.get("new_folder") or request.POST.get("folder") or "").strip()
            return {"folder": name}, f"moved to {name}." if name else "removed from their folder."
        case "visibility" if (seen := request.POST.get("visibility")) in Visibility.values:
            return {"visibility": Visibility(seen)}, f"changed. Visible to: {Visibility(seen).label.lower()}."
        case "for_trade":
            return {"for_trade": True}, "for trade."
        case "show_for_trade":
            return {"visibility": Visibility.MEMBERS, "for_trade": True}, "shown to members, and for trade."
        case "not_for_trade":
            return {"for_trade": False}, "no longer for trade."
    raise Invalid(errors={"do": ["Choose an action."]})


@posted("order", "pk")
@login_required
@limited("closet")
def from_purchase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts the pair of a purchase into the closet; the same again leads to the same pair."""
    try:
        pair, is_new = bought.add_purchase(member_of(request), pk)
    except (bought.NotPaid, bought.TradedAway) as refusal:
        messages.warning(request, refusal.detail)
        return redirect("order", pk)
    if is_new:
        messages.success(request, "It is in your closet. Nobody else sees it yet.")
    return redirect(pair)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("closet")
def shelves(request: HttpRequest) -> HttpResponse:
    """The folders of my closet; a new one, another name, or one less (POST `do`)."""
    member, refusal = member_of(request), None
    if request.method == "POST":
        try:
            messages.success(request, _shelve(request, member))
            return redirect("closet_folders")
        except DropshopError as error:
            refusal = error
    mine = member.folders.annotate(pairs_in=Count("pairs", filter=Q(pairs__removed_at=None)))
    context = {"folders": mine, "refusal": refusal, "typed": request.POST, "tab": "folders"}
    return render(request, "community/closet/folders.html", context, status=refusal.status if refusal else 200)


def _shelve(request: HttpRequest, member: Member) -> str:
    name = request.POST.get("name", "")
    if request.POST.get("do") == "add":
        return f"Your closet has the folder “{folders.named(member, name).name}”."
    (pk,) = parse_ids([request.POST.get("folder", "")])
    if request.POST.get("do") == "remove":
        folders.remove(pk, member=member)
        return "The folder was removed; its pairs are still here."
    return f"The folder is now called “{folders.rename(pk, member=member, name=name).name}”."


@never_cache
@require_http_methods(["GET"])
def of_member(request: HttpRequest, username: str) -> HttpResponse:
    """What this visitor may see of somebody's closet."""
    owner = relations.find_member(username, viewer=request.user)
    seen = described(visible_to(request.user).filter(owner=owner, hidden=False).exclude(visibility=Visibility.PRIVATE))
    shown = paginate(request, filtered(seen, request.GET), SORTS["newest"][1])
    worth = prices.values_of(shown.rows)
    tiles = [{"pair": pair, "worth": valuation_label(worth.get(pair.pk))} for pair in shown.rows]
    return render(
        request, "community/closet/member.html", {"owner": owner, "shown": shown, "tiles": tiles, "asked": request.GET}
    )
