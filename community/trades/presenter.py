"""A trade as one of its sides reads it on a page: whose turn it is, what changed, and what happened to the pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from community.people.models import Member
from community.trades.agreed import Agreed, is_shown
from community.trades.facts import changes, sides
from community.trades.models import Dispute, Rating, Shipment, Trade
from community.trades.offers import TIME_TO_SEND
from community.trades.ratings import TraderRating

Status = Trade.Status
ENDED = {
    Status.REJECTED: "Rejected",
    Status.COUNTERED: "Answered",
    Status.WITHDRAWN: "Withdrawn",
    Status.STALE: "No longer possible",
}


class Laid(NamedTuple):
    """A pair on the table, as it was offered; `mark` is "added" or "removed" where a counter-offer changed it, `is_open`
    whether the viewer may look at the pair itself.
    """

    agreed: Agreed
    mark: str = ""
    is_open: bool = False


class Stage(NamedTuple):
    """One step of a shipment: done at a moment, or still to do."""

    name: str
    at: datetime | None


@dataclass
class TradePresenter:
    """One trade, read by `trade_facts.described`, for one of its sides. `moment` is the database's now."""

    trade: Trade
    viewer: Member
    moment: datetime
    standing: TraderRating | None = None
    # Pairs of the offer before, so that what was taken away can still be shown.
    before: Sequence[Agreed] = ()

    @property
    def is_mine(self) -> bool:
        """Whether the viewer proposed it."""
        return self.trade.proposer_id == self.viewer.pk

    @property
    def other(self) -> Member:
        """The other side."""
        return self.trade.receiver if self.is_mine else self.trade.proposer

    @cached_property
    def _laid(self) -> tuple[list[Laid], list[Laid]]:
        gives, wants = (self._marked(side, laid) for side, laid in zip(("gives", "wants"), sides(self.trade), strict=True))
        return (gives, wants) if self.is_mine else (wants, gives)

    def _marked(self, side: str, laid: list[Agreed]) -> list[Laid]:
        changed = (changes(self.trade) or {}).get(side, {"added": [], "removed": []})
        marks = [(one, "added" if one.pair.pk in changed["added"] else "") for one in laid]
        marks += [(one, "removed") for one in self.before if one.pair.pk in changed["removed"]]
        return [Laid(one, mark, is_shown(one.pair) or one.pair.owner_id == self.viewer.pk) for one, mark in marks]

    @property
    def mine(self) -> list[Laid]:
        """What the viewer gives; until it is agreed on, also what was taken out."""
        return self._on_the_table(self._laid[0])

    @property
    def theirs(self) -> list[Laid]:
        """What the viewer gets; until it is agreed on, also what was taken out."""
        return self._on_the_table(self._laid[1])

    def _on_the_table(self, laid: list[Laid]) -> list[Laid]:
        if self.trade.status != Status.ACCEPTED:
            return laid
        return [one._replace(mark="") for one in laid if one.mark != "removed"]

    @property
    def changed(self) -> list[tuple[str, Laid]]:
        """What this offer changed in the one before: whose pair, and the pair with its mark."""
        whose = ("your", f"{self.other.username}’s")
        return [(name, one) for name, laid in zip(whose, self._laid, strict=True) for one in laid if one.mark]

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.trade.status == Status.PENDING

    @property
    def awaits_me(self) -> bool:
        """Whether it waits for the viewer's answer."""
        return self.is_open and not self.is_mine

    @property
    def on_its_way(self) -> bool:
        """Whether it was accepted and is not over."""
        return self.trade.status == Status.ACCEPTED and not (self.trade.completed_at or self.trade.undone_at)

    @property
    def dispute(self) -> Dispute | None:
        """What staff were asked."""
        return getattr(self.trade, "dispute", None)

    @property
    def is_disputed(self) -> bool:
        """Whether a question waits for staff."""
        return self.dispute is not None and not self.dispute.resolution

    @property
    def title(self) -> str:
        """The page's headline."""
        other = self.other.username
        if self.trade.status == Status.ACCEPTED:
            return f"Undone with {other}" if self.trade.undone_at else f"A trade with {other}"
        if self.is_open and self.trade.answers_id:
            return f"Your answer to {other}" if self.is_mine else f"{other} answers with another offer"
        if self.awaits_me:
            return f"{other} offers you a trade"
        return f"Your offer to {other}" if self.is_mine else f"{other}’s offer"

    @property
    def state(self) -> str:
        """Where it stands, in a word or three."""
        if self.is_open:
            return "Waiting for you" if self.awaits_me else f"Waiting for {self.other.username}"
        if self.trade.status != Status.ACCEPTED:
            return ENDED[Status(self.trade.status)]
        if self.is_disputed:
            return "With our staff"
        if self.trade.undone_at:
            return "Undone"
        return "Complete" if self.trade.completed_at else "On its way"

    @property
    def kind(self) -> str:
        """For the colour of `state`: "now" (the viewer's turn), "held" (somebody else's), "ok", or "over"."""
        if self.awaits_me or (self.on_its_way and not self.is_disputed and self._my_turn):
            return "now"
        if self.is_open or self.on_its_way or self.is_disputed:
            return "held"
        return "ok" if self.trade.completed_at else "over"

    @property
    def _my_turn(self) -> bool:
        mine, theirs = self.outgoing, self.incoming
        return (mine is not None and mine.sent_at is None) or (
            theirs is not None and theirs.sent_at is not None and theirs.received_at is None
        )

    @property
    def sentence(self) -> str:
        """What happened to the pairs, or what will."""
        other = self.other.username
        if self.awaits_me:
            return f"Nothing moves until you accept. Look at what {other} offers; we ask you once more before it counts."
        if self.is_open:
            return f"Nothing moves until {other} accepts. You can withdraw the offer before that."
        match self.trade.status:
            case Status.REJECTED:
                return "It was rejected. Every pair stays where it is."
            case Status.WITHDRAWN:
                return "It was withdrawn. Every pair stays where it is."
            case Status.COUNTERED:
                return "It was answered with another offer. This one has moved no pair."
            case Status.STALE:
                return "A pair in it is no longer available, so it can no longer be accepted. It has moved no pair."
        return self._after_acceptance(other)

    @property
    def consequences(self) -> list[str]:
        """What accepting does, a sentence each."""
        other = self.other.username
        return [
            f"You give {other}: {_names(self.mine)}.",
            f"{other} gives you: {_names(self.theirs)}.",
            f"Your {_count(self.mine)} and {other}’s {_count(self.theirs)} change closets at once. You cannot undo this.",
            "Every other offer for them ends.",
            f"You both send within {TIME_TO_SEND.days} days.",
            "Until both of you have received theirs, nobody can change or trade these pairs.",
            "Your notes and the price you paid are not passed on.",
        ]

    def _after_acceptance(self, other: str) -> str:
        if self.trade.undone_at:
            return "Our staff undid it. Every pair is back in the closet it came from."
        if self.trade.completed_at:
            return f"Both of you have what you traded for. Your new {_count(self.theirs)} can be traded again."
        if self.is_disputed:
            return "Our staff decide. Until then the pairs stay where they are, and nobody can trade them."
        return f"The pairs have changed closets. Until you and {other} have both received theirs, nobody can trade them again."

    @cached_property
    def _shipments(self) -> dict[bool, Shipment]:
        return {shipment.sender_id == self.viewer.pk: shipment for shipment in self.trade.shipments.all()}

    @property
    def outgoing(self) -> Shipment | None:
        """What the viewer sends."""
        return self._shipments.get(True)

    @property
    def incoming(self) -> Shipment | None:
        """What the viewer waits for."""
        return self._shipments.get(False)

    @property
    def lanes(self) -> list[dict[str, Any]]:
        """Both shipments as lines of stages."""
        said = {True: f"Your {_count(self.mine)} to {self.other.username}", False: f"{self.other.username}’s to you"}
        return [
            {
                "name": said[mine],
                "shipment": self._shipments[mine],
                "stages": [
                    Stage("Accepted", self.trade.decided_at),
                    Stage("Sent", self._shipments[mine].sent_at),
                    Stage("Received", self._shipments[mine].received_at),
                ],
                "late": self._shipments[mine].sent_at is None
                and self._shipments[mine].due_at < self.moment
                and self.on_its_way,
            }
            for mine in (True, False)
            if mine in self._shipments
        ]

    @property
    def may_send(self) -> bool:
        """Whether the viewer may say "sent"."""
        return self.on_its_way and self.outgoing is not None and self.outgoing.sent_at is None

    @property
    def may_receive(self) -> bool:
        """Whether the viewer may say "received"."""
        shipment = self.incoming
        return self.on_its_way and shipment is not None and shipment.sent_at is not None and shipment.received_at is None

    @property
    def ratings(self) -> list[Rating]:
        """What was said of this trade."""
        return sorted(self.trade.ratings.all(), key=lambda rating: rating.pk)

    @property
    def may_rate(self) -> bool:
        """Whether the viewer has not rated it yet."""
        return bool(self.trade.completed_at) and all(rating.rater_id != self.viewer.pk for rating in self.ratings)


def _names(laid: list[Laid]) -> str:
    return "; ".join(f"{one.agreed.name}, {one.agreed.condition.label.lower()}" for one in laid if one.mark != "removed")


def _count(laid: list[Laid]) -> str:
    pairs = sum(one.mark != "removed" for one in laid)
    return "pair" if pairs == 1 else f"{pairs} pairs"
