"""What the export, erasing, moderation and karma need of trades. Trades are kept, with the provenance of their pairs."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from community.closet.models import Pair, PairPicture
from community.notifications import notices
from community.notifications.models import Notice
from community.people import relations
from community.people.models import Member
from community.people.pseudonymise import remove_from_staff_log, remove_name
from community.people.subjects import Export, Reportable, Subject
from community.trades import agreed
from community.trades.finding import trades_of
from community.trades.models import Dispute, PairMove, Rating, Shipment, Trade, TradeItem
from community.trades.offers import publish, reject, withdraw
from community.trades.terms import lock_pairs
from dropshop.core.members import Viewer

NOT_HIDDEN = Case(When(hidden=False, then="text"), default=Value(""))


def _visible(viewer: Viewer) -> QuerySet[Rating]:
    hidden = relations.hidden_from(viewer)
    found = Rating.objects.filter(hidden=False, trade__completed_at__isnull=False).exclude(text="")
    return found.exclude(rater__in=hidden).exclude(rated__in=hidden).select_related("rater", "rated")


def _concerns(member: Member) -> Q:
    """Those about a rating of the member, and those about a pair that the member has given away since."""
    traded = PairMove.objects.filter(pair=OuterRef("pair"), giver=member.pk, created_at__gte=OuterRef("created_at"))
    return Q(rating__rated=member.pk) | Q(Exists(traded))


def _lock_trading_partners(member: Member) -> None:
    """Locks the rows of the member and of everybody who has traded with them, because notices of all of these change. Where
    two who have traded leave at once, one waits for the other here.
    """
    sides = {pk for two in trades_of(member).values_list("proposer", "receiver") for pk in two}
    list(Member.objects.select_for_update(no_key=True).filter(pk__in={member.pk, *sides}).order_by("pk").values_list("pk"))


def _forget(member: Member) -> set[str]:
    """Ends the offers that wait, and empties what the member said in trades.

    Locks members, folders, pairs and trades, in this order. An offer that somebody makes meanwhile either comes first and ends
    here, or comes later and finds the pairs gone.
    """
    _lock_trading_partners(member)
    list(member.folders.select_for_update().order_by("pk").values_list("pk"))
    given = TradeItem.objects.filter(giver=member)
    pairs = {*Pair.objects.filter(owner=member).values_list("pk", flat=True), *given.values_list("pair", flat=True)}
    lock_pairs(pairs)
    for trade in trades_of(member).filter(status=Trade.Status.PENDING).order_by("pk"):
        (withdraw if trade.proposer_id == member.pk else reject)(trade.pk, by=member)
    files = agreed.files_of(given)
    agreed.forget(given)
    _forget_given_pairs(member)
    _forget_words(member, Trade.objects.filter(Q(proposer=member) | Q(receiver=member)))
    return agreed.unused(files, pairs)


def _forget_given_pairs(member: Member) -> None:
    """A traded pair keeps its photographs. Who wrote their descriptions is not stored, so all of these are emptied."""
    given = Pair.objects.filter(moves__giver=member)
    PairPicture.objects.filter(pair__in=given).update(alt="")
    Notice.objects.filter(cause__in=[f"pair:{pk}" for pk in given.values_list("pk", flat=True)]).delete()


def _forget_words(member: Member, trades: Any) -> None:
    """What the member wrote, and what others wrote about them. What staff wrote about others stays: it is the shop's own record
    (K1, S5).
    """
    disputes, ids = Dispute.objects.filter(trade__in=trades), list(trades.values_list("pk", flat=True))
    trades.filter(proposer=member).update(message="")
    Shipment.objects.filter(sender=member).update(carrier="", tracking="")
    disputes.filter(opened_by=member).update(reason="")
    disputes.exclude(resolution="").update(reason="", note="")  # staff need the words of an open one
    Rating.objects.filter(Q(rater=member) | Q(rated=member)).update(text="")
    remove_name(Trade.objects.filter(pk__in=ids), "message", member)
    remove_name(disputes, "reason", member)
    disputed = list(disputes.values_list("pk", flat=True))
    notices.remove_name(member, causes=_causes(ids, disputed))
    remove_from_staff_log(Trade, ids)
    remove_from_staff_log(Dispute, disputed)


def _causes(trades: Collection[UUID], disputes: Iterable[int]) -> list[str]:
    shipments = Shipment.objects.filter(trade__in=trades).values_list("pk", "trade")
    return [
        *(f"trade:{pk}" for pk in trades),
        *(cause for pk, trade in shipments for cause in (f"trade:{trade}:{pk}", f"trade-overdue:{pk}")),
        *(f"trade-dispute:{pk}" for pk in disputes),
    ]


SUBJECT = Subject(
    first_lock=3,
    exports={
        "trades": Export(
            lambda member: Trade.objects.filter(Q(proposer=member) | Q(receiver=member)),
            (
                *("id", "proposer__username", "receiver__username", "status", "message", "created_at", "decided_at"),
                "completed_at",
            ),
        ),
        "pair_moves": Export(
            lambda member: PairMove.objects.filter(Q(giver=member) | Q(taker=member)).order_by("pk"),
            ("pair", "giver__username", "taker__username", "trade", "created_at"),
        ),
        "trade_pairs": Export(lambda member: TradeItem.objects.filter(giver=member).order_by("pk"), ("trade", "pair", "terms")),
        "shipments": Export(
            lambda member: Shipment.objects.filter(sender=member).order_by("pk"),
            ("trade", "due_at", "carrier", "tracking", "sent_at", "received_at"),
        ),
        "disputes": Export(
            lambda member: Dispute.objects.filter(opened_by=member).order_by("pk"), ("trade", "reason", "opened_at")
        ),
        "ratings_given": Export(
            lambda member: Rating.objects.filter(rater=member).order_by("pk"), ("trade", "stars", "text", "created_at")
        ),
        "ratings_received": Export(
            lambda member: Rating.objects.filter(rated=member).annotate(said=NOT_HIDDEN).order_by("pk"),
            ("trade", "stars", "said", "created_at"),
        ),
    },
    forget=_forget,
    ends={"waiting offer": lambda member: trades_of(member).filter(status=Trade.Status.PENDING).count()},
    mentions=((Rating, "text"),),
    reportable=(
        Reportable(
            name="rating",
            model=Rating,
            owner="rater",
            visible=_visible,
            text=lambda rating: rating.text,
            yours="your rating",
            is_gone=lambda rating: not rating.text,
            after_change=lambda rating: publish(rating.trade),
            related=("rater", "rated"),
            hiding="Its text is hidden from everybody at once. The stars stay.",
        ),
    ),
    concerns=_concerns,
    addresses={"trade": "/trades/{}/"},
)
