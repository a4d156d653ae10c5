"""Finding trades: those of a member, one of them, the chain of offers it belongs to, and who is on the other side."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from community.people.models import Member
from community.trades.models import Trade
from dropshop.core.errors import NotFound


def trades_of(member: Member) -> QuerySet[Trade]:
    """The trades in which this member (an instance or an id) is one of the two sides."""
    return Trade.objects.filter(Q(proposer=member) | Q(receiver=member))


def find_trade(trade_id: UUID, *, member: Member) -> Trade:
    """The trade, for one of its two sides; NotFound for everybody else."""
    found = trades_of(member).select_related("proposer", "receiver").prefetch_related("items").filter(pk=trade_id).first()
    if found is None:
        raise NotFound("You have no such trade.")
    return found


CHAIN = """
WITH RECURSIVE up(id, answers_id, steps) AS (
  SELECT id, answers_id, 0 FROM community_trade WHERE id = %(trade)s
  UNION ALL
  SELECT before.id, before.answers_id, steps + 1
  FROM community_trade AS before JOIN up ON before.id = up.answers_id WHERE steps < 20
), down(id, steps) AS (
  SELECT id, 0 FROM community_trade WHERE id = %(trade)s
  UNION ALL
  SELECT next.id, steps + 1 FROM community_trade AS next JOIN down ON next.answers_id = down.id WHERE steps < 20
)
SELECT id FROM (SELECT id, -steps AS place FROM up UNION SELECT id, steps FROM down) AS chain ORDER BY place
"""


def chain_of(trade: Trade) -> list[UUID]:
    """The ids of the offers that led to this one and that answered it, at most twenty each way, the first one first."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, {"trade": trade.pk})
        return [pk for (pk,) in cursor.fetchall()]


def other_side(trade: Trade, member_id: Any) -> UUID:
    """The id of the one who is not this one."""
    return trade.receiver_id if member_id == trade.proposer_id else trade.proposer_id
