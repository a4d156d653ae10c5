"""Refusals in the shop's words: plain, second person, and what happened to the pair and to the money."""

from collections.abc import Callable
from dataclasses import dataclass

from drops.listings import Listing
from drops.words import seconds_between, span
from dropshop.errors import DropshopError
from reservations.models import Reservation


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that must be seen. `kind`: ok, info, wait or error."""

    kind: str
    title: str
    text: str = ""


def lapsed(hold: Reservation) -> Notice:
    """The hold ran out."""
    ran_out = f"Your hold on {_size(hold.size.label)} ran out."
    return Notice("wait", ran_out, "The pair is free for others again. You were not charged.")


def _size(label: str) -> str:
    return f"size {label}" if label[:1].isdigit() else label


def _elsewhere(listing: Listing, label: str) -> str:
    """Where there are pairs, nearest first: "3 left in 9.5."; empty where there are none."""
    labels = [size.label for size in listing.sizes]
    here = labels.index(label) if label in labels else 0
    near = sorted(enumerate(listing.sizes), key=lambda place: abs(place[0] - here))
    return next((f"{size.available} left in {size.label}." for _, size in near if size.available), "")


def _in(listing: Listing, iso: str) -> str:
    return span(seconds_between(listing.server_time, iso))


def _sold_out(error: DropshopError, listing: Listing) -> Notice:
    label = error.facts.get("size", "")
    faster = f"Someone was faster; {_size(label)} is sold out."
    return Notice("error", faster, _elsewhere(listing, label) or "You were not charged.")


def _all_held(error: DropshopError, listing: Listing) -> Notice:
    label = error.facts.get("size", "")
    back = f"Every pair in {_size(label)} is held; the first may return in {_in(listing, error.facts['retry_at'])}."
    return Notice("wait", f"Someone was faster. {_elsewhere(listing, label)}".strip(), back)


def _not_open(error: DropshopError, listing: Listing) -> Notice:
    return Notice("info", "Not open yet.", f"It opens in {_in(listing, error.facts['starts_at'])}. Nothing is held.")


def _cooling_down(error: DropshopError, listing: Listing) -> Notice:
    wait = f"You can reserve again in {_in(listing, error.facts['retry_at'])}."
    return Notice("wait", "Your last holds ran out unpaid, so others come first for a while.", wait)


def _declined(error: DropshopError, listing: Listing) -> Notice:
    kept = "You were not charged. The pair is still yours until the ring closes; try another card."
    return Notice("error", f"Not paid. {error.detail}", kept)


def _invalid(error: DropshopError, listing: Listing) -> Notice:
    fields = error.facts.get("errors", {})
    first = next(iter(fields.values()), [""])[0] if not any(name.startswith("address") for name in fields) else ""
    return Notice("error", first or error.detail, "Nothing was charged.")


BUSY = Notice("wait", "Busy: many people at once.", "This says nothing about the stock. Nothing was changed; try again.")
FIXED = {
    "busy": BUSY,
    "concurrent_update": BUSY,
    "closed": Notice("info", "This drop has ended.", "Nothing is held and nothing was charged."),
    "rate_limited": Notice("wait", "Too many tries in a short time.", "Nothing was changed. Wait a few seconds; try again."),
    "limit_reached": Notice("info", "You have all the pairs this drop allows you.", "Nothing else is held."),
    "hold_expired": Notice("wait", "Your hold had run out.", "The pair is free for others again. You were not charged."),
    "already_cancelled": Notice("info", "You gave this pair back.", "You were not charged."),
    "already_purchased": Notice("info", "You have already bought this pair.", "It was charged once; see your orders."),
    "extension_used": Notice("info", "You have already taken more time.", "The pair is yours until the ring closes."),
    "payment_unanswered": Notice(
        "wait",
        "Your bank has not answered yet.",
        "The pair waits for the answer and is yours meanwhile. Ask again; you will not be charged twice.",
    ),
}
WITH_FACTS: dict[str, Callable[[DropshopError, Listing], Notice]] = {
    "sold_out": _sold_out,
    "all_held": _all_held,
    "not_open": _not_open,
    "cooling_down": _cooling_down,
    "payment_declined": _declined,
    "invalid": _invalid,
}


def refused(error: DropshopError, listing: Listing) -> Notice:
    """What to say about a refusal on this drop."""
    if error.code in WITH_FACTS:
        return WITH_FACTS[error.code](error, listing)
    return FIXED.get(error.code) or Notice("error", error.detail, "Nothing was changed.")
