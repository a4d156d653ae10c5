"""Telling everybody who entered what came of it: winners and losers at the same moment, with rank and reason (F7).

Page and API show the result from the commit that draws it on; notices follow in order of marks, which favours nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from drops.labels import size_in_sentence
from dropshop.core import live
from dropshop.core.notice_groups import Group, Way
from dropshop.core.transactions import after_commit
from reservations.draws.models import Draw, DrawEntry
from reservations.payments import news

GROUP = Group(
    "Draws that you entered",
    ("draw_won", "draw_lost", "draw_award", "draw_pay", "draw_passed_on", "draw_called_off"),
    Way.AT_ONCE,
    hint="Rank and reason, and what there is to pay.",
)
BATCH = 500  # people in one transaction
STEPPED_BACK = "You would have won, but a group took the last pairs: so singles and groups have the same chance."


def tell(draw: Draw) -> None:
    """Each who is in a draw that is over has a notice; may be called again, and nobody is told twice."""
    cuts = last_ranks(draw)
    last: DrawEntry | None = None
    while True:
        with transaction.atomic():
            locked = Draw.objects.select_for_update(no_key=True, of=("self",)).select_related("drop").get(pk=draw.pk)
            # Also who has withdrawn: nobody's place in this order moves while people are told.
            everybody = draw.entries.select_related("won").order_by("mark")
            if locked.state == Draw.State.DRAWN:
                everybody = everybody.filter(rank__isnull=False)
            # Only the first batch counts how many were told before; the others go on from the last one.
            line = everybody.filter(mark__gt=last.mark) if last else everybody[locked.told_up_to :]
            people = list(line[:BATCH])
            if not people:
                return
            _tell_each(locked, [entry for entry in people if entry.withdrawn_at is None], cuts)
            Draw.objects.filter(pk=draw.pk).update(told_up_to=locked.told_up_to + len(people))
        last = people[-1]


def _tell_each(draw: Draw, people: Iterable[DrawEntry], cuts: Mapping[int, int]) -> None:
    """A few statements, however many people."""
    told: dict[str, list[news.CrowdNotice]] = defaultdict(list)
    called_off = "" if draw.state == Draw.State.DRAWN else called_off_words(draw)
    for entry in people:
        entry.draw = draw
        kind = "draw_called_off" if called_off else "draw_won" if entry.won_id else "draw_lost"
        cause = cause_of(entry, "called off" if called_off else "drawn")
        told[kind].append((entry.member_id, cause, called_off or words_of(entry, cuts), entry.get_absolute_url()))
    for kind, notices in told.items():
        news.write_down_each.value(kind, notices)


def cause_of(entry: DrawEntry, of: str) -> str:
    """What a notice about this entry tells of; each is told once."""
    return f"draw:{entry.pk}:{of}"


def called_off_words(draw: Draw) -> str:
    """That nobody wins, why, and that nothing was blocked."""
    why = draw.moves.filter(step="called off").values_list("reason", flat=True).first() or ""
    return f"{draw.drop.title}: the draw was called off. {why[:150]} Nothing was blocked on your card."


def last_ranks(draw: Draw) -> dict[int, int]:
    """By the id of a size the last rank that won one of its pairs in the draw."""
    won = draw.entries.filter(won__isnull=False).order_by().values("won").annotate(last=Max("rank"))
    return {line["won"]: line["last"] for line in won}


def words_of(entry: DrawEntry, cuts: Mapping[int, int]) -> str:
    """What this entry came to, with the reason, in a sentence or two."""
    drop, count = entry.draw.drop, (entry.draw.listed or {}).get("count", 0)
    where = f"{drop.title}: rank {entry.rank:,} of {count:,}."
    if entry.won is not None:
        return f"{where} You win {size_in_sentence(entry.won.label)}. Your card is charged now."
    if entry.stepped_back:
        return f"{where} {STEPPED_BACK}"
    return f"{where} Not this time: {reason_of(entry, cuts)}"


def reason_of(entry: DrawEntry, cuts: Mapping[int, int]) -> str:
    """Where the pairs that were asked for went: "the last 9 went to rank 214, the last 10 to rank 241."."""
    labels = labels_of(entry)
    parts = [
        f"the last {label} went to rank {cuts[pk]:,}" if pk in cuts else f"nobody won a {label}" for pk, label in labels.items()
    ]
    return ", ".join(parts[:4]) + "."


def labels_of(entry: DrawEntry) -> dict[int, str]:
    """The labels of the sizes that the entry asked for, by id, in its order."""
    listed = entry.draw.listed or {}
    labels = {pk: line["size"] for pk, line in zip(listed.get("sizes", ()), listed.get("stock", ()), strict=True)}
    return {pk: labels[pk] for pk in entry.sizes if pk in labels}


def notify(entry: DrawEntry, kind: str, text: str, *, of: str, url: str = "") -> None:
    """One notice about this entry, once for each `of`; in the caller's transaction."""
    cause = cause_of(entry, of)
    page = url or entry.get_absolute_url()
    facts = news.write_down.value(entry.member_id, kind, cause=cause, text=text[:300], url=page)
    if facts is not None:
        after_commit(_publish, [{"type": "notification", "to": str(entry.member_id), **facts}])


def _publish(told: Iterable[Mapping[str, Any]]) -> None:
    live.publish(*map(dict, told))
