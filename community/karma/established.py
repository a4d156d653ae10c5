"""Which accounts are established, and what the others can earn (K3): points are not minted among friends.

An account is established that is `OLD_ENOUGH`, has paid for a pair here and kept it for `KEPT_FOR` (the time in which it could
be given back), and whose confirmations have not been wrong too often lately. The word of such members earns points without
a bound. All other accounts earn `FIRST_POINTS` in all by reports and confirmations, so that n of them earn at most
n · FIRST_POINTS by each other's word, however long they go on; and by trades nothing without pairs that were sold here
(`community.trades.shipping`). `bound` is what we publish.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Sum

from community.karma.models import KarmaEntry
from community.people.models import Member
from community.restocks.models import Restock, RestockVote
from dropshop.core.clock import database_time
from reservations.models import Purchase

OLD_ENOUGH = timedelta(days=30)
KEPT_FOR = timedelta(days=14)
LOOKED_BACK = timedelta(days=90)
FIRST_POINTS = 10
BY_REPORTS = ("restock-confirmed", "confirmed-rightly")
RIGHT_FOR_A_WRONG = 4  # so many right confirmations make up for a wrong one


def established(members: Iterable[UUID]) -> set[UUID]:
    """Those of these members, given by their ids; two statements for however many."""
    ids, now = set(members), database_time()
    kept = Purchase.objects.filter(
        member=OuterRef("pk"), status=Purchase.Status.PAID, price__gt=0, created_at__lte=now - KEPT_FOR
    )
    found = Member.objects.filter(Exists(kept), pk__in=ids, is_active=True, date_joined__lte=now - OLD_ENOUGH)
    return set(found.values_list("pk", flat=True)) - _often_wrong(ids)


def _often_wrong(ids: set[UUID]) -> set[UUID]:
    lately = RestockVote.objects.filter(
        member__in=ids, kind=RestockVote.Kind.CONFIRM, created_at__gt=database_time() - LOOKED_BACK
    )
    is_wrong = Q(restock__status=Restock.Status.DISPUTED)
    counted = (
        lately.order_by()
        .values("member")
        .annotate(
            wrong=Count("pk", filter=is_wrong), right=Count("pk", filter=Q(restock__confirmed_at__isnull=False) & ~is_wrong)
        )
    )
    return {row["member"] for row in counted if row["wrong"] * RIGHT_FOR_A_WRONG > row["right"]}


def left_of_first_points(member: Any) -> int:
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
