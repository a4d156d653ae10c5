"""Refusals in the shop's words: plain, second person, and what happened to the pair and to the money.

`{slots}` are filled by `message_for()`, and in the browser by `static/js/checkout/refusal.js`, to which the page hands these
words.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from drops.labels import size_in_sentence
from drops.listings import DropListing
from dropshop.core.clock import seconds_between, span
from dropshop.core.countries import names
from dropshop.core.errors import DropshopError, problem_body
from dropshop.core.money import Money
from reservations.holds.models import Reservation
from reservations.payments.errors import PaymentUnderWay


@dataclass(frozen=True, slots=True)
class Message:
    """A message that the reader must see. `kind`: ok, info, wait or error. `problem`: the refusal behind it, as JSON for the
    page.
    """

    kind: str
    title: str
    text: str = ""
    problem: str = ""


def lapsed_message(hold: Reservation, payment: str = "") -> Message:
    """The hold ran out; `payment`, what is known of the money: "", "voided" or "unsettled"."""
    ran_out = f"Your hold on {size_in_sentence(hold.size.label)} ran out."
    return Message("wait", ran_out, f"The pair is free for others again. {MONEY[payment]}")


def given_back(payment: str = "") -> Message:
    """The member gave the pair back; `payment` as for `lapsed_message`."""
    return Message("info", "You gave this pair back.", f"It goes to another shopper. {MONEY[payment]}")


def declined(reason: str) -> Message:
    """The bank said no, and the pair is still held."""
    said = WORDS["payment_declined"]
    return Message(said.kind, _filled(said.title, {"detail": reason}), said.text)


ELSEWHERE = "{available} left in {size}."
BUSY = Message(
    "wait",
    "Busy: many people at once.",
    "This says nothing about the stock. Try again {again|in a moment}; it counts once.",
)
OTHER = Message("error", "{detail}")
UNDER_WAY = Message("wait", "A payment for this pair is on its way.", "Wait for its answer; you will not be charged twice.")
ADDRESS_FULL = Message("error", "{detail}", "{money} The pair is still yours until the ring closes.")
# What is known of the money when there is no pair (M6), by the fact `payment` of the refusal.
MONEY = {
    "": "You were not charged.",
    "voided": "No money was taken: what your bank had set aside goes back to you.",
    "unsettled": "We do not know yet what your bank did. If it set money aside, that goes back to you, and we tell you.",
}
WORDS = {
    "sold_out": Message("error", "Someone was faster; {size} is sold out.", "{elsewhere|You were not charged.}"),
    "all_held": Message(
        "wait", "Someone was faster. {elsewhere}", "Every pair in {size} is held; the first may return in {wait}."
    ),
    "not_open": Message("info", "Not open yet.", "It opens in {wait}. Nothing is held."),
    "closed": Message("info", "This drop has ended.", "Nothing is held and nothing was charged."),
    "request_stands": Message("info", "Your purchase request waits for a pair for you.", "If it gets none: here, in {wait}."),
    "limit_reached": Message("info", "{detail}", "Nothing else is held."),
    "cooling_down": Message("wait", "{detail} Others come first for a while.", "You can reserve again in {wait}."),
    "rate_limited": Message("wait", "Too many tries in a short time.", "Nothing was changed. Wait a few seconds; try again."),
    "busy": BUSY,
    "concurrent_update": BUSY,
    "invalid": Message("error", "{wrong}", "Correct it and try again."),
    "hold_expired": Message("wait", "Your hold had run out.", "The pair is free for others again. {money}"),
    "already_cancelled": Message("info", "You gave this pair back.", "{money}"),
    "already_purchased": Message("info", "You have already bought this pair.", "It was charged once; see your orders."),
    "extension_used": Message("info", "You have already taken more time.", "The pair is yours until the ring closes."),
    "payment_declined": Message(
        "error", "Not paid. {detail}", "You were not charged. The pair is still yours until the ring closes; try another card."
    ),
    "total_changed": Message("info", "The total for this address is {total}.", "Look at it, and press Buy to pay it."),
    "not_shipped_there": Message(
        "error", "We do not ship this pair to {country}.", "It is still yours until the ring closes; choose another address."
    ),
    "payment_unanswered": Message(
        "wait",
        "Your bank has not answered yet.",
        "We do not know yet and will tell you. The pair waits for the answer; you will not be charged twice.",
    ),
}
# What reserving may be refused with.
RESERVING = (
    "sold_out", "all_held", "not_open", "closed", "request_stands", "limit_reached", "cooling_down", "rate_limited", "busy",
    "concurrent_update", "invalid",
)  # fmt: skip
SLOT = re.compile(r"\{(\w+)(?:\|([^}]*))?\}")


def message_for(error: DropshopError, listing: DropListing) -> Message:
    """What to say about a refusal on this drop."""
    said = _words(error)
    slots = _slots(error, listing)
    problem = json.dumps({**problem_body(error), "retry_after": error.retry_after}, cls=DjangoJSONEncoder)
    return Message(said.kind, _filled(said.title, slots), _filled(said.text, slots), problem)


def _words(error: DropshopError) -> Message:
    if isinstance(error, PaymentUnderWay):
        return UNDER_WAY
    is_full = error.code == "limit_reached" and error.facts.get("per") == "address"
    return ADDRESS_FULL if is_full else WORDS.get(error.code, OTHER)


def for_the_page() -> dict[str, Any]:
    """The words of every refusal to reserve, with their slots, for the script of a drop's page."""
    spoken = {code: WORDS[code] for code in RESERVING} | {"other": OTHER}
    return {
        **{code: {"kind": words.kind, "title": words.title, "text": words.text} for code, words in spoken.items()},
        "elsewhere": ELSEWHERE,
    }


def _filled(text: str, slots: dict[str, str]) -> str:
    """`text` with its slots filled: by their value, else by what stands after the bar."""
    return SLOT.sub(lambda slot: slots.get(slot[1]) or slot[2] or "", text).strip()


def _slots(error: DropshopError, listing: DropListing) -> dict[str, str]:
    facts, label = error.facts, error.facts.get("size", "")
    moment = facts.get("retry_at") or facts.get("starts_at")
    fields: dict[str, list[str]] = facts.get("errors", {})
    wrong = next(iter(fields.values()), [""])[0] if not any(name.startswith("address") for name in fields) else ""
    return {
        "detail": error.detail,
        "wrong": wrong or error.detail,
        "size": size_in_sentence(label),
        "elsewhere": _elsewhere(listing, label),
        "total": str(Money.parse(**facts["total"])) if "total" in facts else "",
        "country": names().get(facts.get("country", ""), ""),
        "wait": span(seconds_between(listing.server_time, moment)) if moment else "",
        "money": MONEY[facts.get("payment", "")],
        "again": f"in {max(1, math.ceil(error.retry_after))} s" if error.retry_after is not None else "",
    }


def _elsewhere(listing: DropListing, label: str) -> str:
    """Where there are pairs, nearest first: "3 left in 9.5."; empty where there are none."""
    labels = [size.label for size in listing.sizes]
    here = labels.index(label) if label in labels else 0
    near = sorted(enumerate(listing.sizes), key=lambda place: abs(place[0] - here))
    found = next((size for _, size in near if size.available), None)
    return _filled(ELSEWHERE, {"available": str(found.available), "size": found.label}) if found else ""
