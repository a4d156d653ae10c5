"""What staff may change of a drop (S5): one function, asked by the admin's form and by the API alike.

A drop's state decides. Of a draft everything changes. Once it is published its sneaker and its address stay, and it is no
draft again. Once it has opened its start and the rules of its holds stay as well. Once somebody has arrived in its queue or
entered its draw, nothing of it changes but what it is called (F1). Once it has ended, or was called off, nothing changes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from drops.models import Drop
from dropshop.core.errors import DropshopError, Forbidden, Invalid
from dropshop.core.hooks import Hook, Registry
from dropshop.core.members import Member
from dropshop.core.money import Money

# What a drop may be scheduled for; beyond it, somebody slipped.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
REASON_MAX_LENGTH = 300  # characters

SHOWN_TO_THE_WORLD = ("sneaker", "sneaker_id", "slug")
PROMISED = ("starts_at", "ends_at", "price", "currency")
RULES = (
    *("mode", "access", "min_karma", "limit_per_member", "limit_per_address", "hold_seconds"),
    *("max_extensions", "lapses_allowed", "cooldown_seconds"),
)


# Why this price cannot be paid, in a sentence; "" where it can. Filled by the app that knows the payment provider.
price_fault: Hook[Callable[[Money], str]] = Hook("drops.price_fault")


# Whether somebody has arrived in this drop, or entered it: what was promised stays (F1). Filled by the rooms of its modes.
begun: Registry[Callable[[UUID], bool]] = Registry("drops.begun")


class AlreadyEnded(DropshopError):
    """The drop is over; it cannot be ended, or opened, again."""

    code, status, title = "already_ended", 409, "This drop has ended."


def runs(drop: Drop, moment: datetime) -> bool:
    """Whether people may reserve there at `moment`: published, opened, not ended."""
    return drop.published and drop.starts_at <= moment and not drop.is_over_at(moment)


def judge(drop: Drop, changes: Mapping[str, Any], *, by: Member, moment: datetime, reason: str = "") -> None:
    """Raises unless this member may give these fields of the drop these values at `moment`, read under the drop's lock.

    A value that the field has already is no change. `reason` is asked for where the price of a running drop changes.
    Raises Forbidden, AlreadyEnded, and Invalid, by field.
    """
    moved = {name: value for name, value in changes.items() if value != getattr(drop, name)}
    if not moved:
        return
    _check_rights(drop, moved, by, moment)
    if drop.published and drop.is_over_at(moment):
        what = "opened again" if {"starts_at", "ends_at"} & moved.keys() else "changed"
        raise AlreadyEnded(f"This drop has ended and cannot be {what}; duplicate it as a new draft.")
    price = Money(changes.get("price", drop.price), changes.get("currency", drop.currency))
    errors = payable_faults(price) if price != drop.money else {}
    errors |= {name: [text] for name, text in _refused(drop, moved, moment, reason)}
    hours = {name: moved[name] for name in ("starts_at", "ends_at") if name in moved and name not in errors}
    if hours:
        errors |= hours_faults(hours.get("starts_at", drop.starts_at), hours.get("ends_at", drop.ends_at), moment)
    if errors:
        raise Invalid(errors=errors)
    if moved.get("published"):
        check_publishable(drop, price, moved.get("ends_at", drop.ends_at), moment)


def check_publishable(drop: Drop, price: Money, ends_at: datetime, moment: datetime) -> None:
    """Raises Invalid for a draft that nobody could buy from: at a price that cannot be paid, without a size, or with hours that
    are over.
    """
    if errors := payable_faults(price):
        raise Invalid(errors=errors)
    if not drop.sizes.exists():
        raise Invalid(errors={"sizes": ["A drop needs at least one size."]})
    if ends_at <= moment:
        raise Invalid(errors={"ends_at": ["The dates of this draft are in the past; set new ones first."]})


def check_new(price: Money, starts_at: datetime, ends_at: datetime, moment: datetime) -> None:
    """Raises Invalid for what `payable_faults` and `hours_faults` find of a new drop."""
    if errors := payable_faults(price) | hours_faults(starts_at, ends_at, moment):
        raise Invalid(errors=errors)


def payable_faults(price: Money) -> dict[str, list[str]]:
    """What is wrong with this price, by field: the payment provider cannot take it."""
    fault = price_fault.value(price)
    return {"price": [fault]} if fault else {}


def hours_faults(starts_at: datetime, ends_at: datetime, moment: datetime) -> dict[str, list[str]]:
    """What is wrong with these hours, by field: out of bounds, in the wrong order, or over at `moment`."""
    errors = {
        name: ["Between the years 2000 and 2100."]
        for name, value in (("starts_at", starts_at), ("ends_at", ends_at))
        if not EARLIEST <= value < LATEST
    }
    if not errors and ends_at <= starts_at:
        errors["ends_at"] = ["A drop closes after it opens."]
    if not errors and ends_at <= moment:
        errors["ends_at"] = ["This time is in the past."]
    return errors


def _check_rights(drop: Drop, moved: Mapping[str, Any], by: Member, moment: datetime) -> None:
    needed = {"drops.change_drop"} if moved.keys() - {"published"} else set()
    if moved.get("published"):
        needed.add("drops.publish_drop")
    closes_earlier = "ends_at" in moved and moved["ends_at"] < drop.ends_at
    if runs(drop, moment) and closes_earlier:
        needed.add("drops.end_drop")
    if not (by.is_staff and by.has_perms(needed)):
        closing = "drops.end_drop" in needed and by.has_perms(needed - {"drops.end_drop"})
        raise Forbidden("Closing a running drop earlier ends it, and you may not do that." if closing else "")


def _refused(drop: Drop, moved: Mapping[str, Any], moment: datetime, reason: str) -> Any:
    """Each field that stays as it is in this state of the drop, and why."""
    if not drop.published:
        return
    if moved.get("published") is False:
        yield "published", "A published drop cannot become a draft again."
    for name in moved.keys() & set(SHOWN_TO_THE_WORLD):
        yield name, "A published drop keeps its address and its sneaker."
    promised = moved.keys() & {*RULES, *PROMISED}
    if promised and any(has_begun(drop.pk) for has_begun in begun):
        for name in promised:
            yield {"currency": "price"}.get(name, name), "People have entered already: what they were promised stays."
        return
    if not runs(drop, moment):
        return
    if "starts_at" in moved:
        yield "starts_at", "It has started already."
    for name in moved.keys() & set(RULES):
        yield name, "The rules of a drop do not change once it has opened."
    if "currency" in moved:
        yield "price", f"The currency stays {drop.currency} once the drop has opened."
    elif "price" in moved and not 0 < len(reason.strip()) <= REASON_MAX_LENGTH:
        yield "reason", f"Say why the price changes while the drop runs, in at most {REASON_MAX_LENGTH} characters."
