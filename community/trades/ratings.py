"""What traders say of each other once a trade is complete: stars and a sentence, once per side."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, Q, QuerySet

from community.people import relations
from community.people.models import Member
from community.trades.finding import other_side
from community.trades.models import Rating, Trade
from community.trades.offers import lock, publish
from dropshop.core.errors import NUMBER, DropshopError, Invalid
from dropshop.core.members import Viewer
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

RATINGS_SHOWN = 20


class NotComplete(DropshopError):
    """A trade is rated when both sides have what they traded for."""

    code, status, title = "not_complete", 409, "This trade is not complete."


class AlreadyRated(DropshopError):
    """A rating cannot be changed. `stars`."""

    code, status, title = "already_rated", 409, "You have rated this trade already."
    brings = {"stars": NUMBER}


class TraderRating(NamedTuple):
    """A trader in two numbers: the mean of the stars (None while nobody gave any), and complete trades."""

    stars: float | None
    trades: int

    @property
    def words(self) -> str:
        """As it stands beside a name."""
        trades = f"{self.trades} trade{'' if self.trades == 1 else 's'}"
        return trades if self.stars is None else f"{self.stars:.1f} of 5 · {trades}"

    @property
    def facts(self) -> dict[str, Any]:
        """As the API tells it."""
        return {"stars": self.stars, "trades": self.trades}


class Ratings(NamedTuple):
    """What a member's page shows: the two numbers, and the newest ratings with their raters."""

    standing: TraderRating
    newest: list[Rating]


@retrying
def rate(trade_id: UUID, *, by: Member, stars: int, text: str = "") -> Rating:
    """One to five stars for the other side, and a sentence. The same again is that rating.

    Raises NotFound, Invalid, Forbidden for who was silenced, NotComplete, AlreadyRated.
    """
    if not 1 <= stars <= 5:
        raise Invalid(errors={"stars": ["Choose one to five."]})
    text = clean_text(text, limit=300, required=False, lines=False)
    with transaction.atomic():
        relations.lock_writer(by)
        trade, _ = lock(trade_id, member=by, pairs=())
        if trade.completed_at is None:
            raise NotComplete
        known = Rating.objects.filter(trade=trade, rater=by).first()
        if known is None:
            publish(trade)
            return Rating.objects.create(trade=trade, rater=by, rated_id=other_side(trade, by.pk), stars=stars, text=text)
    if (known.stars, known.text) != (stars, text):
        raise AlreadyRated(stars=known.stars)
    return known


def trader_ratings(members: Iterable[Any]) -> dict[UUID, TraderRating]:
    """The standing of each of these members (given by their ids); three statements for all."""
    wanted = set(members)
    stars = dict(_counted().filter(rated__in=wanted).order_by().values_list("rated").annotate(mean=Avg("stars")))
    trades = dict.fromkeys(wanted, 0)
    for side in ("proposer", "receiver"):
        complete = Trade.objects.filter(completed_at__isnull=False, **{f"{side}__in": wanted})
        for member, number in complete.order_by().values_list(side).annotate(number=Count("pk")):
            trades[member] += number
    return {pk: TraderRating(float(stars[pk]) if pk in stars else None, trades[pk]) for pk in wanted}


def standing_of(member: Member) -> TraderRating:
    """The standing of one member (an instance)."""
    return trader_ratings([member.pk])[member.pk]


def ratings_of(member: Member, *, viewer: Viewer = None) -> Ratings:
    """What a member's page shows of their trades. The words of members whom the viewer does not see are left out."""
    newest = _counted().filter(rated=member).exclude(rater__in=relations.hidden_from(viewer)).order_by("-created_at", "-pk")
    return Ratings(standing_of(member), list(newest.select_related("rater")[:RATINGS_SHOWN]))


def _counted() -> QuerySet[Rating]:
    """Ratings of trades that stand."""
    return Rating.objects.filter(~Q(trade__completed_at=None))
