"""T1, read from the record: every pair has one owner, its moves lead to that owner, and a promise belongs to one open trade.

`manage.py audit` and the races ask it; nothing is locked or changed.
"""

from collections.abc import Iterator

from django.db import connection

# Each statement finds what must not be: the subject's id, and what is wrong with it.
UNTRUE = (
    """
    SELECT pair_id, 'was given away by somebody who did not have it'
    FROM (
      SELECT pair_id, giver_id, lag(taker_id) OVER (PARTITION BY pair_id ORDER BY id) AS had FROM community_pairmove
    ) AS chain
    WHERE had IS NOT NULL AND had <> giver_id
    """,
    """
    SELECT pair.id, 'is not with the one it was last given to'
    FROM community_pair AS pair
    JOIN (SELECT DISTINCT ON (pair_id) pair_id, taker_id FROM community_pairmove ORDER BY pair_id, id DESC) AS last
      ON last.pair_id = pair.id
    WHERE last.taker_id <> pair.owner_id
    """,
    """
    SELECT item.pair_id, 'of an accepted trade has not moved as it must'
    FROM community_tradeitem AS item
    JOIN community_trade AS trade ON trade.id = item.trade_id
    WHERE (SELECT count(*) FROM community_pairmove AS move WHERE move.pair_id = item.pair_id AND move.trade_id = item.trade_id)
      <> CASE WHEN trade.status <> 'accepted' THEN 0 WHEN trade.undone_at IS NULL THEN 1 ELSE 2 END
    """,
    """
    SELECT pair.id, 'is promised in a trade that is over, or has it not'
    FROM community_pair AS pair
    WHERE pair.promised_in_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM community_trade AS trade
      JOIN community_tradeitem AS item ON item.trade_id = trade.id AND item.pair_id = pair.id
      WHERE trade.id = pair.promised_in_id AND trade.status = 'accepted'
        AND trade.completed_at IS NULL AND trade.undone_at IS NULL)
    """,
    """
    SELECT pair.id, 'is on its way and not promised'
    FROM community_trade AS trade
    JOIN community_tradeitem AS item ON item.trade_id = trade.id
    JOIN community_pair AS pair ON pair.id = item.pair_id
    WHERE trade.status = 'accepted' AND trade.completed_at IS NULL AND trade.undone_at IS NULL
      AND pair.promised_in_id IS DISTINCT FROM trade.id
    """,
    """
    SELECT pair.id, 'is offered by somebody who does not have it, or while it is promised'
    FROM community_trade AS trade
    JOIN community_tradeitem AS item ON item.trade_id = trade.id
    JOIN community_pair AS pair ON pair.id = item.pair_id
    WHERE trade.status = 'pending' AND (pair.owner_id <> item.giver_id OR pair.promised_in_id IS NOT NULL)
    """,
)


def faults() -> Iterator[str]:
    """A sentence for every pair of which something is not as it must be; none where all is well."""
    with connection.cursor() as cursor:
        for statement in UNTRUE:
            cursor.execute(statement)
            yield from (f"Pair {pair} {fault}." for pair, fault in cursor.fetchall())
