"""The outcome of a report: confirmed, disputed or gone. Members say what they saw; enough members decide together, and staff
decide alone.

A confirmation is of the sizes that the member names, and a size counts as confirmed once enough have named it (R1,
`size_standing`); with the first one the report is confirmed. Enough are two or more who are independent of the reporter and of
each other (three for a size that one of them added), whose weight (by level, at that moment) is at least 2 and no less than
that of those who say the opposite. A member's newest word counts. Points come with the confirmation and go with a dispute
(`community.restocks.rewards`).
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from community.accounts import linked_accounts
from community.karma import ledger
from community.karma.established import established
from community.karma.models import KarmaLevel
from community.people import relations
from community.people.models import Member
from community.pricing import prices
from community.pricing.models import PricePoint
from community.restocks import news, rewards, size_standing
from community.restocks.models import Restock, RestockVote
from dropshop.core.clock import database_time
from dropshop.core.errors import TEXT, ConcurrentUpdate, DropshopError, Forbidden, NotFound
from dropshop.core.transactions import retrying

Status, Kind = Restock.Status, RestockVote.Kind
DECIDES = {Kind.CONFIRM: Status.CONFIRMED, Kind.DISPUTE: Status.DISPUTED, Kind.GONE: Status.GONE}
AGAINST = {Kind.CONFIRM: Kind.DISPUTE, Kind.DISPUTE: Kind.CONFIRM}
MODERATE = "community.moderate"
# A report of members is over when nothing was heard of it for so long; a feed says itself when it is.
STALE_AFTER = timedelta(hours=24)
# So long members may still dispute what is gone: ending a report early does not save it from a verdict.
DISPUTABLE_FOR = timedelta(days=7)
SWEEP_SIZE = 200  # reports per run


class OwnReport(DropshopError):
    """Members cannot confirm or dispute their own report; they may say that it is gone."""

    code, status, title = "own_report", 409, "This is your own report."


class NotIndependent(DropshopError):
    """The vote of somebody who is not independent of the report does not count."""

    code, status, title = "not_independent", 403, "You are not independent of this report."


class RestockEnded(DropshopError):
    """The report is over; `restock_status` says how it ended."""

    code, status, title = "restock_ended", 409, "This report has ended."
    brings = {"restock_status": TEXT}


class Voices(NamedTuple):
    """How many independent members say one thing, and what they weigh together."""

    number: int
    weight: int


def confirm(restock_id: UUID, *, member: Member, sizes: Iterable[str] | None = None) -> Restock:
    """The member was there too, and these sizes are (all that are named, where they do not say).

    Raises NotFound, Invalid, Forbidden, OwnReport, NotIndependent, RestockEnded.
    """
    return _vote(restock_id, Kind.CONFIRM, member, sizes)


def dispute(restock_id: UUID, *, member: Member) -> Restock:
    """The member did not find it there. Raises like `confirm`."""
    return _vote(restock_id, Kind.DISPUTE, member)


def gone(restock_id: UUID, *, member: Member) -> Restock:
    """It was there and is sold out. Its reporter, and staff, say so alone. Raises like `confirm`."""
    return _vote(restock_id, Kind.GONE, member)


def lock(restock_id: UUID) -> Restock:
    """The report, locked; raises NotFound for one that is hidden or is not there."""
    locked = Restock.objects.select_for_update(no_key=True).filter(pk=restock_id, hidden=False).first()
    if locked is None:
        raise NotFound("There is no such report.")
    return locked


@retrying
def _vote(restock_id: UUID, kind: RestockVote.Kind, member: Member, sizes: Iterable[str] | None = None) -> Restock:
    with transaction.atomic():
        relations.lock_writer(member)
        locked = lock(restock_id)
        return speak(locked, kind, member=member, sizes=None if sizes is None else size_standing.named(locked, sizes))


def speak(
    locked: Restock, kind: RestockVote.Kind, *, member: Member, alone: bool = True, sizes: list[str] | None = None
) -> Restock:
    """Counts the member's word on the locked report, in these sizes or all, and decides. `alone=False`: staff's counts as any
    member's here.
    """
    target = DECIDES[kind]
    decides_alone = alone and member.is_staff and member.has_perm(MODERATE)
    known = locked.votes.filter(member=member).first()
    sizes = size_standing.of_word(locked, kind, known, sizes)
    same = known is not None and (known.kind, known.sizes) == (kind, sizes)
    if (same and not decides_alone) or (locked.status == target == Status.GONE):
        return locked
    if locked.reporter_id == member.pk and kind != Kind.GONE:
        raise OwnReport
    if locked.status != target and target not in Restock.MOVES[Status(locked.status)]:
        raise RestockEnded(restock_status=locked.status)
    if locked.status == target == Status.DISPUTED:
        return locked
    if locked.status == Status.GONE and not decides_alone and _is_long_over(locked):
        raise RestockEnded(restock_status=locked.status)
    if locked.reporter_id == member.pk:
        return settle(locked, Status.GONE, quietly=True)
    weight = _weight_of(member, decides_alone)
    if not decides_alone and locked.reporter and linked_accounts.are_linked(member, locked.reporter):
        raise NotIndependent
    word = RestockVote(restock=locked, member=member, kind=kind, weight=weight, sizes=sizes, created_at=database_time())
    RestockVote.objects.bulk_create(
        [word],
        update_conflicts=True,
        unique_fields=["restock", "member"],
        update_fields=["kind", "weight", "sizes", "created_at"],
    )
    if locked.status != target and (decides_alone or _is_enough(locked, kind)):
        judge = member if decides_alone else None
        return settle(locked, target, by_the_house=decides_alone, judge=judge, sizes=sizes if decides_alone else None)
    if locked.status == target == Status.CONFIRMED:
        confirm_more(locked, sizes or [] if decides_alone else size_standing.confirmed_by_members(locked))
    news.publish_report(locked)
    return locked


def _is_long_over(locked: Restock) -> bool:
    return locked.ended_at is not None and locked.ended_at < database_time() - DISPUTABLE_FOR


def _weight_of(member: Member, decides_alone: bool) -> int:
    """What the member's word weighs now; raises Forbidden, naming the level that is missing, where that is nothing."""
    level = ledger.level_of(member)
    weight = level.confirm_weight if level else 0
    if weight > 1 and not established([member.pk]):
        weight = 1  # points alone make nobody's word weigh more (K3)
    if weight == 0 and not decides_alone:
        first = KarmaLevel.objects.filter(confirm_weight__gt=0).order_by("threshold").first()
        wanted = f"from the level {first.name} ({first.threshold} karma)" if first else "by staff"
        raise Forbidden(f"You need more karma for this: reports are confirmed {wanted}.", missing=["karma"])
    return weight


def _is_enough(locked: Restock, kind: RestockVote.Kind) -> bool:
    """Whether those who say this decide."""
    if kind == Kind.CONFIRM and locked.sizes:
        return bool(size_standing.confirmed_by_members(locked))
    groups = rewards.independent(locked, [kind, AGAINST.get(kind, kind)])
    said = _voices(groups, kind)
    against = _voices(groups, AGAINST[kind]).weight if kind in AGAINST else 0
    return rewards.are_enough(said.number, said.weight) and said.weight >= against


def _voices(groups: Iterable[list[RestockVote]], kind: RestockVote.Kind) -> Voices:
    """One voice for each group of linked members, with the weight of its heaviest."""
    weights = [max(weights) for group in groups if (weights := [vote.weight for vote in group if vote.kind == kind])]
    return Voices(len(weights), sum(weights))


def settle(
    locked: Restock,
    status: Restock.Status,
    *,
    by_the_house: bool = False,
    judge: Member | None = None,
    quietly: bool = False,
    sizes: list[str] | None = None,
) -> Restock:
    """Moves the locked report on; screens and followers hear of it, and, unless `quietly`, its reporter. Points move last.

    `by_the_house`: staff (`judge`) or a store's own feed decided, and not the voices of members; `sizes` are those that they
    confirm, if not all.
    """
    moment = database_time()
    if status not in Restock.MOVES[Status(locked.status)]:
        raise RestockEnded(restock_status=locked.status)
    changed: dict[str, Any] = {"status": status}
    changed["confirmed_at" if status == Status.CONFIRMED else "ended_at"] = moment
    if status == Status.CONFIRMED:
        of_house = locked.sizes if sizes is None else sizes
        changed["confirmed_sizes"] = of_house if by_the_house else size_standing.confirmed_by_members(locked)
    # Compare and set, although the row is locked: a bug that forgets the lock must not decide twice.
    if not Restock.objects.filter(pk=locked.pk, status=locked.status).update(**changed):
        raise ConcurrentUpdate
    for name, value in changed.items():
        setattr(locked, name, value)
    news.publish_report(locked)
    if status == Status.CONFIRMED:
        news.notify_followers(locked, locked.certain_sizes, confirmed=True)
    if not quietly:
        news.notify_reporter(locked)
    if status == Status.CONFIRMED:
        _note_price(locked, locked.certain_sizes)
        rewards.give(locked, moment, by_the_house=by_the_house, judge=judge)
    elif status == Status.DISPUTED:
        rewards.take_back(locked)
    return locked


def confirm_more(locked: Restock, sizes: Iterable[str]) -> None:
    """These sizes of the locked and confirmed report are confirmed as well; who follows the new ones hears of it."""
    known = locked.certain_sizes
    more = [size for size in locked.sizes if size in set(sizes) and size not in known]
    if not more:
        return
    locked.confirmed_sizes = [size for size in locked.sizes if size in known or size in more]
    Restock.objects.filter(pk=locked.pk).update(confirmed_sizes=locked.confirmed_sizes)
    news.notify_followers(locked, more, confirmed=True)
    _note_price(locked, more)


def _note_price(restock: Restock, sizes: list[str]) -> None:
    """A confirmed report says what the sneaker costs; a feed's prices are noted by whoever reads it."""
    if restock.money is not None and restock.reporter_id:
        noted = [prices.Note(restock.sneaker, size, restock.money) for size in sizes or ([] if restock.sizes else [""])]
        prices.record_all(noted, origin=PricePoint.Origin.REPORT.value, store=restock.store)


@retrying
def decide(restock_id: UUID, status: Restock.Status, *, by: Member) -> Restock:
    """A moderator's verdict; doing it twice changes nothing. Raises OwnReport, RestockEnded."""
    with transaction.atomic():
        locked = Restock.objects.select_for_update(no_key=True).get(pk=restock_id)
        if locked.reporter_id == by.pk:
            raise OwnReport
        if locked.status != status:
            return settle(locked, status, by_the_house=True, judge=by)
        if status == Status.CONFIRMED:
            confirm_more(locked, locked.sizes)
            news.publish_report(locked)
        return locked


def overturn(hidden: Restock) -> None:
    """Ends the report that a moderator has hidden as disputed; part of the transaction that hides it. Points move last."""
    locked = Restock.objects.select_for_update(no_key=True).get(pk=hidden.pk)
    if locked.status != Status.DISPUTED:
        settle(locked, Status.DISPUTED, by_the_house=True, quietly=True)
    hidden.status, hidden.ended_at = locked.status, locked.ended_at


def end_overdue() -> int:
    """Ends, quietly, the reports nobody has said anything of for `STALE_AFTER`; how many. Safe when run twice at once."""
    return sum(_end_if_overdue(pk) for pk in overdue(database_time()).values_list("pk", flat=True)[:SWEEP_SIZE])


def overdue(moment: datetime) -> Any:
    """Open reports that are too old to be true; those of a feed that is read end by the feed."""
    heard = Coalesce(F("confirmed_at"), F("created_at"))
    return (
        Restock.objects.filter(Q(source=None) | Q(source__active=False), status__in=Restock.OPEN)
        .alias(heard=heard)
        .filter(heard__lt=moment - STALE_AFTER)
        .order_by("created_at")
    )


@retrying
def _end_if_overdue(pk: UUID) -> bool:
    with transaction.atomic():
        locked = Restock.objects.select_for_update(no_key=True).get(pk=pk)
        if locked.status not in Restock.OPEN:
            return False
        settle(locked, Status.GONE, quietly=True)
        return True


deeds: dict[str, Callable[..., Restock]] = {"confirm": confirm, "dispute": dispute, "gone": gone}
