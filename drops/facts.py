"""What anyone may know of a drop: one description that serves the API, the pages and the socket.

Holds and sales live above this app, which may not import them. They tell their part through the hooks `buyers` and
`drops.stock.facts.hold_expressions`, filled at start-up by `reservations.apps`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from drops.catalogue.facts import sneaker_summary
from drops.models import Drop
from drops.stock.facts import size_facts, sizes_of_drops
from dropshop.core.clock import database_time, iso
from dropshop.core.hooks import Hook
from dropshop.core.ids import find_by_id_or_slug
from dropshop.core.members import Viewer

# For each drop: {"top_purchasers": [...], "recent_buyers": [...]}.
buyers: Hook[Callable[[Iterable[UUID]], Mapping[UUID, dict[str, list]]]] = Hook("drops.buyers")


def drop_facts(drops: Iterable[Drop], *, viewer: Viewer = None) -> list[dict[str, Any]]:
    """The drops as the API's `drop`, in their order; as many statements for one as for many.

    `viewer` is a Member, an AnonymousUser or None: of a members-only drop, visitors get no sizes and no buyers.
    """
    drops = list(drops)
    prefetch_related_objects(drops, "sneaker")
    run: dict[UUID, list[Any]] = defaultdict(list)
    for size in sizes_of_drops([drop.pk for drop in drops]):
        run[size.drop_id].append(size)
    bought = buyers.value([drop.pk for drop in drops])
    moment = database_time()
    return [_describe(drop, run[drop.pk], bought.get(drop.pk, {}), moment, viewer) for drop in drops]


def _describe(drop: Drop, sizes: list[Any], bought: dict[str, list], moment: datetime, viewer: Viewer) -> dict[str, Any]:
    open_to_viewer = drop.may_enter(viewer)
    sold_out = not any(size.sold < size.total for size in sizes)
    return {
        "id": str(drop.pk),
        "slug": drop.slug,
        "title": drop.title,
        "sneaker": sneaker_summary(drop.sneaker),
        "price": drop.money.facts,
        "phase": drop.phase_at(moment, sold_out=sold_out).value,
        "starts_at": iso(drop.starts_at),
        "ends_at": iso(drop.ends_at),
        "hold_seconds": drop.hold_seconds,
        "limit_per_member": drop.limit_per_member,
        "limit_per_address": drop.limit_per_address,
        "called_off": drop.called_off_because or None,
        "mode": drop.mode,
        "access": drop.access,
        "min_karma": drop.min_karma,
        "sizes": [size_facts(size) for size in sizes] if open_to_viewer else [],
        "top_purchasers": bought.get("top_purchasers", []) if open_to_viewer else [],
        "recent_buyers": bought.get("recent_buyers", []) if open_to_viewer else [],
        "server_time": iso(moment),
    }


def find_drop(drop: str | UUID, *, among: Any = None) -> Drop | None:
    """The published drop of this id or slug; None where there is none."""
    drops = Drop.objects.published() if among is None else among
    return find_by_id_or_slug(drops.select_related("sneaker"), str(drop))


SNAPSHOT = (
    *("title", "price", "phase", "starts_at", "ends_at", "called_off"),
    *("sizes", "recent_buyers", "top_purchasers", "server_time"),
)


def snapshot(drop: str | UUID, *, viewer: Viewer = None) -> dict[str, Any] | None:
    """The socket's first message on a drop; None where it does not exist or is a draft.

    Of a members-only drop a visitor gets no sizes and no buyers, as in `drop_facts`; `complete` is then false.
    """
    found = find_drop(drop)
    if found is None:
        return None
    (facts,) = drop_facts([found], viewer=viewer)
    complete = found.may_enter(viewer)
    return {"type": "snapshot", "drop": facts["id"], "complete": complete, **{name: facts[name] for name in SNAPSHOT}}
