"""The list of a draw as it closes: the leaf of every entry that stands, with the fair losses of its people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, Subquery

from dropshop.core.sql import rows
from reservations.draws.leaves import Person, make_entry
from reservations.draws.models import Draw, DrawEntry

MOST_LOSSES = 99  # that are written down; more than a few add nothing


def leaves_of(draw: Draw, numbers: Mapping[int, int]) -> list[Any]:
    """The leaves of all entries that stand; each entry's row has its own from now on."""
    standing = draw.entries.filter(withdrawn_at=None).order_by("id")
    lost = _losses(standing) if draw.loyalty else {}
    together: dict[Any, list[Any]] = defaultdict(list)
    for pk, member, group, mark, sizes in standing.values_list("pk", "member", "group", "mark", "sizes"):
        person = Person(mark, min(lost.get(member, 0), MOST_LOSSES), tuple(numbers[size] for size in sizes))
        together[group or pk].append((person, pk))
    found, written = [], []
    for people in together.values():
        people.sort()  # by their marks, which say nothing of who came first
        entry = make_entry(str(draw.drop_id), [person for person, _ in people])
        found.append(entry)
        written += [(pk, entry.leaf, person.losses) for person, pk in people]
    _write_leaves(written)
    return found


LEAVES = """
UPDATE {drawentry} AS entry SET leaf = new.leaf, losses = new.losses
  FROM unnest(%(ids)s::uuid[], %(leaves)s::text[], %(losses)s::smallint[]) AS new(id, leaf, losses) WHERE entry.id = new.id
RETURNING entry.id
"""


def _write_leaves(written: Sequence[tuple[Any, str, int]]) -> None:
    for part in parts(written):
        ids, leaves, losses = zip(*part, strict=True)
        rows(LEAVES, ids=list(ids), leaves=list(leaves), losses=list(losses))


def _losses(standing: Any) -> dict[Any, int]:
    """By member: draws that they lost fairly, having entered and not withdrawn, since the one that they won last. Whoever
    withdraws before a pair is held for them has neither lost nor won; later a win stays a win."""
    past = DrawEntry.objects.filter(draw__state=Draw.State.DRAWN)
    won = past.filter(
        Q(withdrawn_at=None, award__isnull=False) | Q(award__reservation__isnull=False), member=OuterRef("member")
    )
    last_win = Subquery(won.order_by().values("member").annotate(at=Max("draw__drawn_at")).values("at"))
    lost = past.filter(withdrawn_at=None, award=None, member__in=standing.values("member")).annotate(last_win=last_win)
    since = lost.filter(Q(last_win=None) | Q(draw__drawn_at__gt=F("last_win")))
    return dict(since.order_by().values("member").annotate(many=Count("pk")).values_list("member", "many"))


def parts(things: Iterable[Any], size: int = 20_000) -> Iterable[list[Any]]:
    """The things in lists of so many, for statements of a bounded size."""
    part: list[Any] = []
    for thing in things:
        part.append(thing)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
