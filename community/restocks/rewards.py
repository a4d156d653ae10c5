"""Points for reports and confirmations: given with the verdict, taken back when it is reversed, and never earned among friends.

Members seen in one network or on one device count as one voice, and as none if the reporter is among them. For points, the
confirmation of a member whose own report (or that of an account linked to theirs) the reporter (or an account linked to
theirs) spoke for in the last seven days counts nothing: accounts that vouch for each other earn nothing by it, while the
report itself may well be confirmed. Beyond their first points members earn only what established members, staff or a
store's own feed vouch for (`community.karma.established`). How many points: `community.karma.starting_rules`, then staff.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from community.accounts import linked_accounts
from community.karma import ledger
from community.karma.established import established, left_of_first_points
from community.karma.models import KarmaTransfer
from community.people.models import Member
from community.restocks.models import Restock, RestockVote
from dropshop.core.clock import StatementTimestamp, start_of_day

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
    group_of = linked_accounts.groups_of([vote.member_id for vote in votes] + ([reporter] if reporter else []))
    groups: dict[UUID, list[RestockVote]] = {}
    for vote in votes:
        groups.setdefault(group_of[vote.member_id], []).append(vote)
    if reporter:
        groups.pop(group_of[reporter], None)
    return list(groups.values())


def are_enough(voices: int, weight: int) -> bool:
    """Whether so many independent members who weigh so much together decide without staff."""
    return voices >= ENOUGH_VOICES and weight >= ENOUGH_WEIGHT


def give(restock: Restock, moment: datetime, *, by_the_house: bool, judge: Member | None = None) -> None:
    """The points of a confirmation: to the reporter where enough confirmed without owing them, and to those who confirmed.

    Each earns once a day (UTC) for one sneaker in one store. `judge`, who of staff decided alone, earns nothing by it, nor
    does a reporter who is linked with them. Call it last: it locks karma accounts.
    """
    groups = independent(restock, [RestockVote.Kind.CONFIRM])
    owing = _owing(restock, [vote.member_id for group in groups for vote in group])
    free = [group for group in groups if not any(vote.member_id in owing for vote in group)]
    weight = sum(max(vote.weight for vote in group) for group in free)
    paid = _paid_today(restock, moment) | ({judge.pk} if judge else set())
    due = [(group[0].member, CONFIRMED) for group in free if not any(vote.member_id in paid for vote in group)]
    earned = by_the_house or are_enough(len(free), weight)
    if restock.reporter and earned and not _earned_today(restock, moment) and not _is_friend(judge, restock.reporter):
        due.append((restock.reporter, REPORTED))
    free_of_bound = _free_of_bound(restock, free, by_the_house=by_the_house, judge=judge)
    ledger.lock_accounts([member.pk for member, _ in due])  # all of them, in the order everybody takes
    note = f"{restock.sneaker.name} at {restock.store.name}"[:200]
    for member, rule in due:
        most = None if member.pk in free_of_bound else left_of_first_points(member)
        ledger.award(member, rule, source=cause(restock), note=note, most=most)


def _free_of_bound(restock: Restock, groups: list[list[RestockVote]], *, by_the_house: bool, judge: Member | None) -> set[UUID]:
    """The ids of those who earn by this report without a bound (K3): its reporter where staff decided, or established members
    who are enough, or where the reporter is established and a feed saw it; of those who confirmed the established ones, where
    the house or enough of them vouch for it.
    """
    voters = {vote.member_id for group in groups for vote in group}
    reporter = {restock.reporter_id} if restock.reporter_id else set()
    known = established(voters | reporter)
    sound = [[vote.weight for vote in group if vote.member_id in known] for group in groups]
    vouched = are_enough(sum(map(bool, sound)), sum(max(weights) for weights in sound if weights))
    if judge is not None or vouched:
        return reporter | (known & voters)
    return known if by_the_house else set()


def take_back(restock: Restock) -> None:
    """Takes back all points given for this report, from everybody. Call it last: it locks karma accounts."""
    given = KarmaTransfer.objects.filter(source=cause(restock), rule__in=[REPORTED, CONFIRMED]).select_related("member")
    transfers = list(given)
    ledger.lock_accounts([transfer.member_id for transfer in transfers])
    note = f"{restock.sneaker.name} at {restock.store.name} was disputed"[:200]
    for transfer in transfers:
        ledger.take_back(transfer.member, transfer.rule_id, source=cause(restock), note=note)


def _owing(restock: Restock, members: list[UUID]) -> set[UUID]:
    """Those of these members for whose own report the reporter spoke lately, each of the two be it by a linked account.

    Saying later that it is gone, or that it was not so after all, does not undo that a report was confirmed.
    """
    if restock.reporter is None or not members:
        return set()
    circle = {restock.reporter_id, *linked_accounts.linked_to(restock.reporter)}
    spoke_for = Q(kind__in=[RestockVote.Kind.CONFIRM, RestockVote.Kind.GONE]) | Q(restock__confirmed_at__isnull=False)
    lately = Q(created_at__gt=StatementTimestamp() - RETURNED_WITHIN)
    votes = RestockVote.objects.filter(spoke_for, lately, member__in=circle, restock__reporter__isnull=False)
    reporters = set(votes.values_list("restock__reporter", flat=True))
    group_of = linked_accounts.groups_of([*members, *reporters])
    owed = {group_of[reporter] for reporter in reporters}
    return {member for member in members if group_of[member] in owed}


def _is_friend(judge: Member | None, reporter: Member) -> bool:
    return judge is not None and linked_accounts.are_linked(judge, reporter)


def _earned_today(restock: Restock, moment: datetime) -> bool:
    return _confirmed_today(restock, moment).filter(reporter=restock.reporter_id).exists()


def _paid_today(restock: Restock, moment: datetime) -> set[UUID]:
    """The ids of those who have earned today by confirming other reports of the same sneaker in the same store."""
    causes = [cause(other) for other in _confirmed_today(restock, moment)]
    return set(KarmaTransfer.objects.filter(source__in=causes, rule=CONFIRMED).values_list("member", flat=True))


def _confirmed_today(restock: Restock, moment: datetime) -> QuerySet[Restock]:
    """The other reports of the same sneaker in the same store that were confirmed on this day (UTC)."""
    same = Restock.objects.filter(store=restock.store_id, sneaker=restock.sneaker_id, confirmed_at__gte=start_of_day(moment))
    return same.exclude(pk=restock.pk)
