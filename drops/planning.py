"""Planning a drop and changing the plan: what staff decide through the API. Opening and closing are in `drops.schedule`."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pghistory
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from drops import plan_rules, schedule
from drops.catalogue.models import Sneaker
from drops.errors import no_such_drop
from drops.models import Drop
from drops.stock import counters
from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid
from dropshop.core.members import Member
from dropshop.core.money import Money

TAKEN = "Another drop has this address."


def create_drop(
    sneaker: Sneaker, run: Sequence[tuple[str, int]], *, by: Member, slug: str = "", published: bool = False, **facts: Any
) -> Drop:
    """A new drop with its size run (label, pairs), made by this member of staff; `facts` are fields of Drop.

    Raises Invalid, by field, for hours that make no sense, a price that cannot be paid, and for a slug that is taken.
    """
    plan_rules.check_new(Money(facts["price"], facts["currency"]), facts["starts_at"], facts["ends_at"], database_time())
    with transaction.atomic(), pghistory.context(user=str(by.pk)):
        drop = _created(sneaker=sneaker, slug=_free_slug(slug, facts["title"]), **facts)
        for position, (label, pairs) in enumerate(run):
            counters.add_size(drop.pk, label, pairs, position=position)
        return schedule.publish(drop) if published else drop


def _created(**facts: Any) -> Drop:
    try:
        with transaction.atomic():
            return Drop.objects.create(**facts)
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        raise _taken() from error


def _taken() -> Invalid:
    return Invalid(errors={"slug": [TAKEN]})


def change_drop(drop_id: UUID, changes: Mapping[str, Any], *, by: Member, reason: str = "") -> Drop:
    """Changes fields of a drop (never its counters) as this member of staff, and tells every screen.

    `published: True` publishes it. Raises NotFound, and what `plan_rules.judge` raises for what this member may not change,
    or nobody in the drop's state.
    """
    fields = {name: value for name, value in changes.items() if name != "published"}
    with transaction.atomic():
        locked = Drop.objects.select_for_update(no_key=True).filter(pk=drop_id).first()
        if locked is None:
            raise no_such_drop()
        counters.lock_run(drop_id)
        plan_rules.judge(locked, changes, by=by, moment=database_time(), reason=reason)
        with pghistory.context(user=str(by.pk), reason=reason.strip()):
            if fields:
                _write(locked, fields)
            return schedule.publish(locked) if changes.get("published") else locked


def _write(locked: Drop, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*fields])
    schedule.announce(locked)


def _free_slug(wanted: str, title: str) -> str:
    """The wanted address, or one made from the title; with a few letters more where that is taken."""
    slug = wanted or slugify(title)[:70] or "drop"
    if not Drop.objects.filter(slug=slug).exists():
        return slug
    if wanted:
        raise _taken()
    return f"{slug}-{secrets.token_hex(3)}"
