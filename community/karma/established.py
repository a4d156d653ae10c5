"""Which accounts are established, and what the others can earn (K3): points are not minted among friends.

An account is established that is `MIN_AGE`, has paid for a pair here and kept it for `KEPT_FOR` (the time in which it could
be given back), and whose confirmations have not been wrong too often lately. The word of such members earns points without
a bound. All other accounts earn `FIRST_POINTS` in all by reports and confirmations, so that n of them earn at most
n · FIRST_POINTS by each other's word, however long they go on; and by trades nothing without pairs that were sold here
(`community.trades.shipping`). `bound` is what we publish.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Sum

from community.karma.models import KarmaEntry
from community.people.models import Member
from dropshop.core.clock import database_time
from dropshop.core.hooks import Hook
from reservations.models import Purchase

MIN_AGE = timedelta(days=30)
KEPT_FOR = timedelta(days=14)
FIRST_POINTS = 10
BY_REPORTS = ("restock-confirmed", "confirmed-rightly")
# Of these members, those whose confirmations were wrong too often lately.
often_wrong: Hook[Callable[[Collection[UUID]], set[UUID]]] = Hook("community.karma.often_wrong")


def established(members: Iterable[UUID]) -> set[UUID]:
    """Those of these members, given by their ids; two statements for however many."""
    ids, now = set(members), database_time()
    kept = Purchase.objects.filter(member=OuterRef("pk"), status__in=Purchase.KEPT, price__gt=0, created_at__lte=now - KEPT_FOR)
    found = Member.objects.filter(Exists(kept), pk__in=ids, is_active=True, date_joined__lte=now - MIN_AGE)
    return set(found.values_list("pk", flat=True)) - often_wrong.value(ids)


def left_of_first_points(member: Member) -> int:
    """What an account that is not established can still earn by reports and confirmations; ask it with the account locked.

    Points that were taken back count as earned: whoever had them once does not earn them anew.
    """
    earned = KarmaEntry.objects.filter(account__member=member, transfer__rule__in=BY_REPORTS, points__gt=0)
    return max(0, FIRST_POINTS - earned.aggregate(sum=Sum("points", default=0))["sum"])


def bound(accounts: int, pairs_sold: int, trade_points: int) -> int:
    """The most that so many new accounts earn among themselves, who bought so many pairs here and trade them.

    `trade_points`: what a completed trade earns each of its two sides.
    """
    return accounts * FIRST_POINTS + 2 * trade_points * pairs_sold
