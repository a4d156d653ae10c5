"""How often a member's confirmations of restocks were right."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q

from community.restocks.models import Restock, RestockVote
from dropshop.core.clock import database_time

JUDGED_OVER = timedelta(days=90)
RIGHT_FOR_A_WRONG = 4  # this many right confirmations outweigh a wrong one


def often_wrong(members: Collection[UUID]) -> set[UUID]:
    """Those of these members, given by their ids, whose confirmations were wrong too often lately; in one statement."""
    lately = RestockVote.objects.filter(
        member__in=members, kind=RestockVote.Kind.CONFIRM, created_at__gt=database_time() - JUDGED_OVER
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
