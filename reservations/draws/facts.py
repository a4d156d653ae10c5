"""What anybody may know of a draw, and what a member is told of their own entry. Nothing of a result before it is drawn."""

from typing import Any

from dropshop.core.clock import iso
from reservations.draws.models import Draw, DrawAward, DrawEntry, DrawMove
from reservations.draws.telling import last_ranks, words_of
from reservations.payment_methods.models import SavedMethod
from reservations.seeds import seal
from reservations.seeds.models import DropSeed

# Steps that name nobody and choose nothing; what one of staff has entered alone waits for the second.
PUBLIC_STEPS = (
    *("promised", "ends earlier", "loyalty", "closed", "beacon", "beacon refused", "drawn", "passed on", "skipped", "awarded"),
    "called off",
)
MOVES_TOLD = 200
LISTED = ("count", "people", "root", "sha256")


def draw_facts(draw: Draw) -> dict[str, Any]:
    """The `draw` of the API; `draw.drop` is there."""
    seed = seal.sealed(draw.drop_id)
    listed = draw.listed
    is_drawn = draw.state == Draw.State.DRAWN
    stock = listed["stock"] if listed else [{"size": size.label, "pairs": size.total} for size in draw.drop.sizes.all()]
    return {
        "drop": str(draw.drop_id),
        "state": draw.state,
        "rules": draw.rules,
        "loyalty": draw.loyalty,
        "closes_at": iso(draw.closes_at),
        "closed_at": iso(draw.closed_at),
        "stock": stock,
        "commitment": seed.commitment,
        "sealed_at": iso(seed.sealed_at),
        "revealed_at": iso(seed.revealed_at),
        "seed": _opened(seed),
        "beacons": draw.beacons,
        "beacon": draw.beacon,
        "waits_for": draw.note if draw.state == Draw.State.CLOSED else "",
        "entries": {name: listed[name] for name in LISTED} if listed else None,
        "drawn_at": iso(draw.drawn_at),
        "last_ranks": _last_ranks(draw) if is_drawn else [],
        "files": [
            {"name": name, "url": f"{draw.drop.get_absolute_url()}draw/{name}", "bytes": size, "sha256": sha256}
            for name, size, sha256 in draw.files.order_by("name").values_list("name", "size", "sha256")
        ],
        "steps": [move_facts(move) for move in _newest_moves(draw)],
    }


def _opened(seed: DropSeed) -> str | None:
    """The seed, once it may be known."""
    return seed.secret.hex() if seed.revealed_at else None


def _newest_moves(draw: Draw) -> list[DrawMove]:
    newest = draw.moves.filter(step__in=PUBLIC_STEPS).order_by("-pk")[:MOVES_TOLD]
    return [*reversed(newest)]


def move_facts(move: DrawMove) -> dict[str, Any]:
    """One step; not by whom."""
    return {"step": move.step, "facts": move.facts, "reason": move.reason, "at": iso(move.at)}


def _last_ranks(draw: Draw) -> list[dict[str, Any]]:
    cuts, listed = last_ranks(draw), draw.listed or {}
    sizes = zip(listed["sizes"], listed["stock"], strict=True)
    return [{"size": line["size"], "rank": cuts.get(pk)} for pk, line in sizes]


def entry_facts(entry: DrawEntry) -> dict[str, Any]:
    """The `entry` of the API, for its member."""
    draw = entry.draw
    labels = {size.pk: size.label for size in draw.drop.sizes.all()}
    award = DrawAward.objects.filter(entry=entry).first()
    card = SavedMethod.objects.filter(pk=entry.method).first() if entry.method else None
    is_drawn = draw.state == Draw.State.DRAWN and entry.rank is not None
    return {
        "id": str(entry.pk),
        "drop": str(draw.drop_id),
        "state": state_of(entry, award),
        "sizes": [labels[pk] for pk in entry.sizes],
        "card": str(card) if card else "",
        "group": _group(entry),
        "entered_at": iso(entry.entered_at),
        "withdrawn_at": iso(entry.withdrawn_at),
        "member": str(entry.member_id),
        "salt": entry.salt,
        "mark": entry.mark,
        "losses": entry.losses,
        "leaf": entry.leaf or None,
        "rank": entry.rank if is_drawn else None,
        "won": labels.get(entry.won_id or 0),
        "stepped_back": entry.stepped_back,
        "waitlist": [{"size": labels[int(pk)], "place": place} for pk, place in entry.waits.items()],
        "words": words_of(entry, last_ranks(draw)) if is_drawn else "",
        "reservation": str(award.reservation_id) if award and award.reservation_id else None,
        "reason": award.reason if award else "",
    }


def state_of(entry: DrawEntry, award: DrawAward | None) -> str:
    """withdrawn, entered, lost, won (to be held), held, paid or passed_on."""
    if award is not None:
        return "won" if award.state == DrawAward.State.DUE else str(award.state)
    if entry.withdrawn_at is not None:
        return "withdrawn"
    return "lost" if entry.draw.state == Draw.State.DRAWN else "entered"


def _group(entry: DrawEntry) -> dict[str, Any] | None:
    if entry.group is None:
        return None
    return {"code": entry.group.code, "people": entry.group.entries.filter(withdrawn_at=None).count()}
