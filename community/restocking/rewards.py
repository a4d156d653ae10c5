"""Points for reports and confirmations: given with the verdict, taken back with it, and never minted by friends of one's own.

Who was seen in one network or on one device is one voice, and none where the reporter is among them. For points, the
confirmation of a member whose own report the reporter (or an account linked to theirs) confirmed in the last seven days
counts nothing: accounts that vouch for each other earn nothing by it, while the report itself may well be confirmed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from community.members import sightings
from community.models import KarmaTransfer, Restock, RestockVote, Sighting
from community.points import karma
from drops.clock import database_time

REPORTED, CONFIRMED = "restock-confirmed", "confirmed-rightly"
RETURNED_WITHIN = timedelta(days=7)
ENOUGH_VOICES, ENOUGH_WEIGHT = 2, 2


def cause(restock: Restock) -> str:
    """What the ledger calls it."""
    return f"restock:{restock.pk}"


def independent(restock: Restock, kinds: Iterable[str]) -> list[list[RestockVote]]:
    """The votes of these kinds, oldest first, one group for each set of linked members; without the reporter's own."""
    votes = list(restock.votes.filter(kind__in=set(kinds)).select_related("member").order_by("created_at", "pk"))
    reporter = restock.reporter_id
    group_of = _linked([vote.member_id for vote in votes] + ([reporter] if reporter else []))
    groups: dict[UUID, list[RestockVote]] = {}
    for vote in votes:
        groups.setdefault(group_of[vote.member_id], []).append(vote)
    if reporter:
        groups.pop(group_of[reporter], None)
    return list(groups.values())


def _linked(members: list[UUID]) -> dict[UUID, UUID]:
    """For each member one of those they are linked with, the same for all of them, be it through each other."""
    leader = {member: member for member in members}

    def lead(member: UUID) -> UUID:
        while leader[member] != member:
            member = leader[member]
        return member

    since = database_time() - sightings.REMEMBERED
    seen = Sighting.objects.filter(member__in=members, last_at__gt=since)
    first: dict[tuple[str, str], UUID] = {}
    for member, *where in seen.values_list("member", "kind", "mark"):
        other = first.setdefault((where[0], where[1]), member)
        leader[lead(member)] = lead(other)
    return {member: lead(member) for member in members}


def give(restock: Restock, moment: datetime, *, by_the_house: bool) -> None:
    """The points of a confirmation: to the reporter where enough confirmed without owing them, and to those who confirmed.

    The reporter earns once a day (UTC) for one sneaker in one store. Call it last: it locks karma accounts.
    """
    groups = independent(restock, [RestockVote.Kind.CONFIRM])
    owing = _owing(restock, [vote.member_id for group in groups for vote in group])
    free = [group for group in groups if not any(vote.member_id in owing for vote in group)]
    weight = sum(max(vote.weight for vote in group) for group in free)
    due = [(group[0].member, CONFIRMED) for group in free]
    earned = by_the_house or (len(free) >= ENOUGH_VOICES and weight >= ENOUGH_WEIGHT)
    if restock.reporter and earned and not _earned_today(restock, moment):
        due.append((restock.reporter, REPORTED))
    karma.lock_accounts([member.pk for member, _ in due])  # all of them, in the order everybody takes
    note = f"{restock.sneaker.name} at {restock.store.name}"[:200]
    for member, rule in due:
        karma.award(member, rule, source=cause(restock), note=note)


def take_back(restock: Restock) -> None:
    """Whatever was given for this report, from everybody. Call it last: it locks karma accounts."""
    given = KarmaTransfer.objects.filter(source=cause(restock), rule__in=[REPORTED, CONFIRMED]).select_related("member")
    transfers = list(given)
    karma.lock_accounts([transfer.member_id for transfer in transfers])
    note = f"{restock.sneaker.name} at {restock.store.name} was disputed"[:200]
    for transfer in transfers:
        karma.take_back(transfer.member, transfer.rule_id, source=cause(restock), note=note)


def _owing(restock: Restock, members: list[UUID]) -> set[UUID]:
    """Those of these members whose own report the reporter, or one linked to them, confirmed lately."""
    if restock.reporter is None:
        return set()
    circle = {restock.reporter_id, *sightings.linked_to(restock.reporter)}
    returned = RestockVote.objects.filter(
        member__in=circle,
        kind=RestockVote.Kind.CONFIRM,
        created_at__gt=database_time() - RETURNED_WITHIN,
        restock__reporter__in=members,
    )
    return set(returned.values_list("restock__reporter", flat=True))


def _earned_today(restock: Restock, moment: datetime) -> bool:
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    same = Restock.objects.filter(
        store=restock.store_id, sneaker=restock.sneaker_id, reporter=restock.reporter_id, confirmed_at__gte=midnight
    )
    return same.exclude(pk=restock.pk).exists()
