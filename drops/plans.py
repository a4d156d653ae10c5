"""Planning a drop and changing the plan: what staff decide through the API. Opening and closing are in `drops.schedule`."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from drops import schedule, stock
from drops.clock import database_time
from drops.models import Drop, Sneaker
from drops.schedule import AlreadyEnded
from dropshop.errors import Invalid, NotFound

# What a drop may be scheduled for; beyond it, somebody slipped.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def plan(sneaker: Sneaker, run: Sequence[tuple[str, int]], *, slug: str = "", published: bool = False, **facts: Any) -> Drop:
    """A new drop with its size run (label, pairs); `facts` are fields of Drop.

    Raises Invalid, by field, for hours that make no sense and for a slug that is taken.
    """
    _check_hours(facts["starts_at"], facts["ends_at"], database_time())
    with transaction.atomic():
        drop = _created(sneaker=sneaker, slug=_free_slug(slug, facts["title"]), **facts)
        for position, (label, pairs) in enumerate(run):
            stock.add_size(drop, label, pairs, position=position)
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
    return Invalid(errors={"slug": ["Another drop has this address."]})


def replan(drop_id: UUID, changes: Mapping[str, Any]) -> Drop:
    """Changes fields of a drop (never its counters) and tells every screen.

    `published: True` publishes it. Raises NotFound, AlreadyEnded once it is over, and Invalid, by field, for what makes
    no sense any more: a new start after the start, hours that are over, a published drop that becomes a draft again.
    """
    fields = {name: value for name, value in changes.items() if name != "published"}
    with transaction.atomic():
        locked = Drop.objects.select_for_update(no_key=True).filter(pk=drop_id).first()
        if locked is None:
            raise NotFound("There is no such drop.")
        stock.lock_run(drop_id)
        moment = database_time()
        _check_moves(locked, changes, moment)
        if fields:
            for name, value in fields.items():
                setattr(locked, name, value)
            locked.save(update_fields=[*fields])
            schedule.announce(locked)
        return schedule.publish(locked) if changes.get("published") else locked


def _check_moves(locked: Drop, changes: Mapping[str, Any], moment: datetime) -> None:
    if locked.published and locked.ends_at <= moment:
        raise AlreadyEnded
    if locked.published and changes.get("published") is False:
        raise Invalid(errors={"published": ["A published drop cannot become a draft again."]})
    starts_at, ends_at = changes.get("starts_at", locked.starts_at), changes.get("ends_at", locked.ends_at)
    if locked.published and locked.starts_at <= moment and starts_at != locked.starts_at:
        raise Invalid(errors={"starts_at": ["It has started already."]})
    if (starts_at, ends_at) != (locked.starts_at, locked.ends_at):
        _check_hours(starts_at, ends_at, moment)


def _check_hours(starts_at: datetime, ends_at: datetime, moment: datetime) -> None:
    errors = {
        name: ["Between the years 2000 and 2100."]
        for name, value in (("starts_at", starts_at), ("ends_at", ends_at))
        if not EARLIEST <= value < LATEST
    }
    if not errors and ends_at <= starts_at:
        errors["ends_at"] = ["A drop ends after it starts."]
    if not errors and ends_at <= moment:
        errors["ends_at"] = ["This moment is over."]
    if errors:
        raise Invalid(errors=errors)


def _free_slug(wanted: str, title: str) -> str:
    """The wanted address, or one made from the title; with a few letters more where that is taken."""
    slug = wanted or slugify(title)[:70] or "drop"
    if not Drop.objects.filter(slug=slug).exists():
        return slug
    if wanted:
        raise _taken()
    return f"{slug}-{secrets.token_hex(3)}"
