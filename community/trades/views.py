"""The pages of trades: open pairs, my offers, one trade, and the form of a new offer."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Case, DecimalField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Extract
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.accounts.linked_accounts import records_device
from community.closet.facts import CONDITIONS, filtered, in_closet_of, visible_to
from community.closet.facts import described as described_pairs
from community.closet.models import Pair, Visibility
from community.people.models import Member
from community.trades import offers as trades
from community.trades.agreed import Agreed
from community.trades.facts import described, sides
from community.trades.finding import chain_of, find_trade, trades_of
from community.trades.models import Trade
from community.trades.presenter import TradePresenter
from community.trades.ratings import trader_ratings
from community.trades.terms import Terms
from community.wants.models import Want
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from dropshop.core.limits import limited
from dropshop.core.members import Viewer, signed_in
from dropshop.core.pages import member_of, paginate, parse_ids, render_live, shown_anew

NEWEST = ("-created_at", "-id")
PAIRS_SHOWN = 60  # pairs of each side that the form shows


def to_be_had(viewer: Viewer) -> QuerySet[Pair]:
    """Open pairs of others that this viewer may see."""
    others = visible_to(viewer).filter(for_trade=True, promised_in=None)
    member = signed_in(viewer)
    return others.exclude(owner=member) if member is not None else others


def wanted_by(member: Member) -> Any:
    """A condition over pairs: it is what the member looks for."""
    wants = Want.objects.filter(member=member, sneaker=OuterRef("sneaker"), worst_condition__lte=OuterRef("condition"))
    return Exists(wants.filter(Q(sizes=[]) | Q(sizes__contains=[OuterRef("size")])))


@shown_anew
@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """Open pairs, newest first; visitors see those that are shown to everybody."""
    pairs = filtered(described_pairs(to_be_had(request.user)), request.GET)
    looking = signed_in(request.user) if request.GET.get("wants") else None
    shown = paginate(request, pairs.filter(wanted_by(looking)) if looking else pairs, NEWEST)
    context = {
        "shown": shown,
        "known": trader_ratings(pair.owner_id for pair in shown.rows),
        "conditions": CONDITIONS,
        "asked": request.GET,
        "looking": any(request.GET.get(name) for name in ("search", "size", "condition", "wants")),
        "wants": looking is not None,
        "tab": "browse",
    }
    return render(request, "community/trades/browse.html", context)


@never_cache
@login_required
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """What waits for an answer and what is on its way: first what waits for me."""
    me = member_of(request)
    mine = trades_of(me).filter(Q(status="pending") | Q(status="accepted", completed_at=None, undone_at=None))
    shown = paginate(request, described(mine.annotate(place=_place(me))), ("place", "-id"))
    return _list(request, {"rows": _trade_rows(shown.rows, me), "shown": shown, "tab": "offers"})


def _place(me: Member) -> Any:
    """Where an offer stands in the list: a number that hardly any two share, as cursors want it. What waits for me comes first,
    then what is on its way, each the newest first.
    """
    turn_of_mine = When(status="pending", receiver=me, then=Value(0))
    on_its_way = When(status="accepted", then=Value(1))
    whose_turn = Case(turn_of_mine, on_its_way, default=Value(2))
    seconds = Extract("created_at", "epoch")
    return ExpressionWrapper(whose_turn * Value(10**11) - seconds, DecimalField(max_digits=24, decimal_places=6))


@never_cache
@login_required
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """What is over, newest first."""
    me = member_of(request)
    over = trades_of(me).exclude(status="pending").exclude(status="accepted", completed_at=None, undone_at=None)
    shown = paginate(request, described(over), NEWEST)
    return _list(request, {"rows": _trade_rows(shown.rows, me), "shown": shown, "tab": "done"})


def _trade_rows(rows: Iterable[Trade], me: Member) -> list[TradePresenter]:
    trades, moment = list(rows), database_time()
    known = trader_ratings({pk for trade in trades for pk in (trade.proposer_id, trade.receiver_id)})
    told = [TradePresenter(trade, me, moment) for trade in trades]
    for one in told:
        one.standing = known[one.other.pk]
    return told


def _list(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render_live(request, "community/trades/trades.html", context, parts={"trades": "community/trades/_rows.html"})


@never_cache
@login_required
@require_safe
def trade(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of my trades; asked for a fragment, what changes of it."""
    return trade_page(request, pk)


def trade_page(request: HttpRequest, pk: UUID, refusal: DropshopError | None = None) -> HttpResponse:
    """The trade as it stands, with what was refused and what had been typed."""
    me = member_of(request)
    chain = chain_of(find_trade(pk, member=me))
    rows = {one.pk: one for one in described(Trade.objects.filter(pk__in=chain))}
    moment = database_time()
    told = [TradePresenter(rows[one], me, moment, before=_before(rows, rows[one])) for one in chain]
    current = next(one for one in told if one.trade.pk == pk)
    current.standing = trader_ratings([current.other.pk])[current.other.pk]
    errors = refusal.facts.get("errors", {}) if refusal else {}
    context = {
        "told": current,
        "chain": told,
        "refusal": refusal,
        "errors": errors,
        "given": request.POST,
        "stars": range(5, 0, -1),
    }
    status, parts = refusal.status if refusal else 200, {"trades": "community/trades/_trade.html"}
    return render_live(request, "community/trades/trade.html", context, status=status, parts=parts)


def accept_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happens if I accept; where nothing waits for my answer, the trade itself."""
    me = member_of(request)
    found = find_trade(pk, member=me)
    told = TradePresenter(described(Trade.objects.filter(pk=pk)).get(), me, database_time())
    if not told.awaits_me:
        return redirect(found)
    return render(request, "community/trades/accept.html", {"told": told})


def _before(rows: dict[UUID, Trade], one: Trade) -> list[Agreed]:
    gives, wants = sides(rows[one.answers_id]) if one.answers_id in rows else ([], [])
    return gives + wants


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("trade")
@records_device
def new(request: HttpRequest) -> HttpResponse:
    """An offer for an open pair of another member (`?pair=`), and what else of theirs one wants."""
    me = member_of(request)
    asked = parse_ids(request.GET.getlist("pair")[:10])
    first = to_be_had(me).filter(pk__in=asked).select_related("owner").first()
    if first is None:
        raise Http404
    return _form(
        request, to=first.owner, wants=set(asked), gives=set(), do=lambda terms: trades.offer(me, to=first.owner, **terms)
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("trade")
@records_device
def counter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answering an offer with another one: the same form, filled with what was offered."""
    me = member_of(request)
    answered = find_trade(pk, member=me)
    if answered.receiver_id != me.pk or answered.status != Trade.Status.PENDING:
        return redirect(answered)
    gives, wants = Terms.from_trade(answered).turned
    return _form(
        request,
        to=answered.proposer,
        gives=set(gives),
        wants=set(wants),
        answers=answered,
        do=lambda terms: trades.counter(pk, by=me, **terms),
    )


def _form(
    request: HttpRequest, *, to: Any, gives: set[UUID], wants: set[UUID], do: Any, answers: Trade | None = None
) -> HttpResponse:
    refusal: DropshopError | None = None
    if request.method == "POST":
        try:
            gives, wants = (set(parse_ids(request.POST.getlist(side))) for side in ("gives", "wants"))
            return redirect(do({"gives": gives, "wants": wants, "message": request.POST.get("message", "")}).trade)
        except DropshopError as error:
            refusal = error
    me = member_of(request)
    mine = in_closet_of(me).filter(promised_in=None, hidden=False).exclude(visibility=Visibility.PRIVATE)
    theirs = visible_to(me).filter(owner=to, promised_in=None).filter(Q(for_trade=True) | Q(pk__in=wants))
    context = {
        "to": to,
        "standing": trader_ratings([to.pk])[to.pk],
        "answers": answers,
        "sides": [
            {"name": "wants", "title": f"You get from {to.username}", "pairs": _table(theirs, wants), "chosen": wants},
            {"name": "gives", "title": "You give", "pairs": _table(mine, gives), "chosen": gives},
        ],
        "refusal": refusal,
        "errors": refusal.facts.get("errors", {}) if refusal else {},
        "message": request.POST.get("message", ""),
    }
    return render(request, "community/trades/new.html", context, status=refusal.status if refusal else 200)


def _table(pairs: QuerySet[Pair], chosen: set[UUID]) -> list[Pair]:
    """Those that are chosen first, then the newest."""
    first = Case(When(pk__in=chosen, then=Value(0)), default=Value(1))
    return list(described_pairs(pairs).order_by(first, *NEWEST)[:PAIRS_SHOWN])
