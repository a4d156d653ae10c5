"""What a draw has come to, written down: each person's rank and pair, and the awards of the winners."""

import json
from collections.abc import Sequence

from dropshop.core.sql import rows
from reservations.draws.allot import DrawnEntry
from reservations.draws.lists import parts
from reservations.draws.models import Draw, DrawAward

RANKS = """
UPDATE {drawentry} AS entry SET rank = new.rank
  FROM unnest(%(leaves)s::text[], %(ranks)s::integer[]) AS new(leaf, rank)
 WHERE entry.draw_id = %(draw)s AND entry.leaf = new.leaf
RETURNING entry.id
"""
OUTCOMES = """
UPDATE {drawentry} AS entry SET won_id = new.won, stepped_back = new.back, waits = new.waits
  FROM unnest(%(marks)s::text[], %(won)s::bigint[], %(back)s::boolean[], %(waits)s::jsonb[]) AS new(mark, won, back, waits)
 WHERE entry.mark = new.mark AND entry.draw_id = %(draw)s
RETURNING entry.id
"""


def write_ranks(draw: Draw, drawn: Sequence[DrawnEntry], sizes: Sequence[int]) -> None:
    """Each person's row has its rank, and what it came to."""
    for part in parts([(place.entry.leaf, rank) for rank, place in enumerate(drawn, 1)]):
        leaves, ranks = zip(*part, strict=True)
        rows(RANKS, draw=draw.pk, leaves=list(leaves), ranks=list(ranks))
    outcomes = (
        (person.mark, sizes[place.sizes[seat] - 1] if place.sizes else None, place.stepped_back, place.waits)
        for place in drawn
        for seat, person in enumerate(place.entry.people)
    )
    for part in parts(outcomes):
        marks, won, back, waits = zip(*part, strict=True)
        texts = [json.dumps({str(sizes[size - 1]): first for size, first in each}) for each in waits]
        rows(OUTCOMES, draw=draw.pk, marks=list(marks), won=list(won), back=list(back), waits=texts)


def award_winners(draw: Draw) -> None:
    """Everybody who won gets an award, which a worker carries out; also who has withdrawn since close, whose pair goes on."""
    winners = draw.entries.filter(won__isnull=False).order_by("rank", "id").values_list("pk", "won")
    DrawAward.objects.bulk_create((DrawAward(entry_id=pk, size_id=size) for pk, size in winners), batch_size=5000)
