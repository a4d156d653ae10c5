"""What members are told of payments that were settled when they had gone: once each, in words (M2, M6).

A notice, and an e-mail where something went wrong, or where we do not know yet. Of a sale the receipt tells by e-mail.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from drops.labels import size_in_sentence
from dropshop.core.hooks import Hook
from dropshop.core.notice_groups import Group, Way
from dropshop.core.outbox.write import write_to_member
from reservations.payments.models import Payment

Facts = dict[str, Any]
GROUP = Group(
    "Your orders, payments and holds",
    ("payment_sold", "payment_declined", "payment_voided", "payment_uncaptured"),
    Way.AT_ONCE,
    hint="Always told at once.",
    is_locked=True,
)


class Sale(Protocol):
    """A purchase, which stands above its payment."""

    number: str

    def get_absolute_url(self) -> str: ...


# Writes a notice down in the caller's transaction; what its member's screens are told after the commit, None where that
# cause was told before. Filled at start-up by the app that keeps notices, which we may not know.
write_down: Hook[Callable[..., Facts | None]] = Hook("reservations.payments.write_down")
# The same for a crowd, each of whom is told something else: (kind, [(member, cause, text, address)]). Their screens hear of it.
CrowdNotice = tuple[UUID, str, str, str]
write_down_each: Hook[Callable[[str, Sequence[CrowdNotice]], object]] = Hook("reservations.payments.write_down_each")


def sold(payment: Payment, purchase: Sale) -> list[Facts]:
    """The bank has said yes, and the pair is theirs."""
    text = f"Your bank accepted the payment: {_pair(payment)} is yours. Order {purchase.number}."
    return _notify(payment, "payment_sold", text, purchase.get_absolute_url())


def unknown(payment: Payment) -> None:
    """The bank was asked, and its answer is still not known: by e-mail alone, for the page says so already."""
    _write_email(payment, "payment_later", price=str(payment.money))


def declined(payment: Payment, reason: str) -> list[Facts]:
    """The bank has said no, or was never asked."""
    text = f"{_pair(payment)}: not paid. {reason} You were not charged."
    return _notify_of_trouble(payment, "payment_declined", text, payment.reservation.get_absolute_url())


def voided(payment: Payment) -> list[Facts]:
    """There was no sale, and what was set aside has been given back."""
    text = f"{_pair(payment)}: {payment.note} You were not charged."
    return _notify_of_trouble(payment, "payment_voided", text, payment.reservation.get_absolute_url())


def uncaptured(payment: Payment) -> list[Facts]:
    """The pair is sold, and the bank refuses the money for good."""
    text = f"{_pair(payment)}: your bank did not pay what it had set aside. You were not charged; we will write to you."
    return _notify_of_trouble(payment, "payment_uncaptured", text, payment.reservation.purchase.get_absolute_url())


def _notify_of_trouble(payment: Payment, kind: str, text: str, url: str) -> list[Facts]:
    told = _notify(payment, kind, text, url)
    if told:
        _write_email(payment, "payment_trouble", said=text, path=url, of=f":{kind}")
    return told


def _write_email(payment: Payment, kind: str, *, of: str = "", **context: str) -> None:
    hold = payment.reservation
    facts = {"title": hold.drop.title, "size": size_in_sentence(hold.size.label), "path": hold.get_absolute_url(), **context}
    write_to_member(hold.member_id, kind, f"payment:{payment.pk}{of}", **facts)


def _notify(payment: Payment, kind: str, text: str, url: str) -> list[Facts]:
    member = payment.reservation.member_id
    facts = write_down.value(member, kind, cause=f"payment:{payment.pk}", text=text, url=url)
    return [] if facts is None else [{"type": "notification", "to": str(member), **facts}]


def _pair(payment: Payment) -> str:
    hold = payment.reservation
    return f"{hold.drop.title}, {size_in_sentence(hold.size.label)}"
