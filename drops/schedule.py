"""When a drop opens and closes: publish, end now, and telling the screens that the clock has moved a phase."""

from collections.abc import Callable
from uuid import UUID

import pghistory
from django.db import transaction
from django.db.models import F, Q

from drops import plan_rules
from drops.errors import no_such_drop
from drops.models import Drop, Phase
from drops.plan_rules import AlreadyEnded
from drops.stock import counters
from dropshop.core import live
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import Invalid
from dropshop.core.hooks import Registry
from dropshop.core.members import Member

# Called in the transaction that makes a drop visible, and in the one that calls it off, with the drop as it is locked there.
published: Registry[Callable[[Drop], object]] = Registry("drops.published")
called_off: Registry[Callable[[Drop], object]] = Registry("drops.called_off")


def _announce(drop: Drop, phase: str) -> None:
    live.publish_on_commit(
        {
            "type": "drop-updated",
            "drop": str(drop.pk),
            "title": drop.title,
            "price": drop.money.facts,
            "phase": phase,
            "starts_at": iso(drop.starts_at),
            "ends_at": iso(drop.ends_at),
            "called_off": drop.called_off_because or None,
        }
    )


def announce(drop: Drop) -> None:
    """Tells every screen the drop's title, price, hours and phase as they are; call it in the transaction of the change."""
    now = Drop.objects.with_phase().get(pk=drop.pk)
    Drop.objects.filter(pk=drop.pk).update(announced_phase=now.phase_now)
    if now.published:
        _announce(now, now.phase_now)


def publish(drop: Drop) -> Drop:
    """Makes the drop visible. Raises Invalid for one without a size, or whose hours are over; twice changes nothing."""
    with transaction.atomic():
        locked = Drop.objects.select_for_update(no_key=True).get(pk=drop.pk)
        if not locked.published:
            plan_rules.check_publishable(locked, locked.money, locked.ends_at, database_time())
            locked.published = True
            locked.save(update_fields=["published"])
            for follow in published:
                follow(locked)
            announce(locked)
    return locked


def end_now(drop: Drop) -> Drop:
    """Closes the drop this second; holds already made may still be paid. Raises AlreadyEnded, or Invalid before the start.

    The moment is read under the sizes' locks: whoever is granted a pair was granted it before; whoever waits finds it closed.
    """
    with transaction.atomic():
        locked = Drop.objects.select_for_update(no_key=True).get(pk=drop.pk)
        counters.lock_run(locked.pk)
        moment = database_time()
        if locked.is_over_at(moment):
            raise AlreadyEnded
        if locked.starts_at >= moment:
            raise Invalid("It has not started yet; change its dates, or call it off.")
        locked.ends_at = moment
        locked.save(update_fields=["ends_at"])
        announce(locked)
    return locked


def call_off(drop_id: UUID, *, by: Member, reason: str) -> Drop:
    """Ends a published drop for good, before or while it runs, for a reason that everybody reads (F1).

    Nobody is granted a pair after the moment, which is read under the sizes' locks; holds already made may still be paid.
    Raises NotFound, AlreadyEnded, and Invalid for a draft, and without a reason.
    """
    because = reason.strip()
    if not 0 < len(because) <= plan_rules.REASON_MAX_LENGTH:
        raise Invalid(errors={"reason": [f"Say why, in at most {plan_rules.REASON_MAX_LENGTH} characters."]})
    with transaction.atomic(), pghistory.context(user=str(by.pk), reason=because):
        locked = Drop.objects.select_for_update(no_key=True).filter(pk=drop_id).first()
        if locked is None:
            raise no_such_drop()
        counters.lock_run(locked.pk)
        moment = database_time()
        if not locked.published:
            raise Invalid("A draft can be deleted; nobody has seen it.")
        if locked.is_over_at(moment):
            raise AlreadyEnded
        locked.called_off_at, locked.called_off_because = moment, because
        locked.save(update_fields=["called_off_at", "called_off_because"])
        for follow in called_off:
            follow(locked)
        announce(locked)
    return locked


def announce_phases() -> int:
    """Announces each published drop whose phase differs from the one last announced; how many there were.

    Compare-and-set, so that two at once announce a change once.
    """
    known = Q(announced_phase=F("phase_now")) | Q(phase_now=Phase.DRAFT)
    told = 0
    for drop in Drop.objects.published().with_phase().exclude(known):
        with transaction.atomic():
            mine = Drop.objects.filter(pk=drop.pk, announced_phase=drop.announced_phase)
            if mine.update(announced_phase=drop.phase_now):
                _announce(drop, drop.phase_now)
                told += 1
    return told
