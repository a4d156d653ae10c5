"""The way to the withdrawal function, on every page while the shop has it (Directive 2011/83/EU, Article 11a(1))."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dropshop.core.clock import database_time
from reservations.purchases.models import Purchase
from reservations.withdrawals.facts import next_steps
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.period import is_on, may_withdraw

register = template.Library()
OVERDUE_NAMED = 20


@register.simple_tag
def withdrawal_link() -> SafeString:
    """A link; nothing where the shop has no such function."""
    if not is_on():
        return SafeString("")
    return format_html('<a href="{}">Withdraw from contract</a>', reverse("withdraw"))


@register.inclusion_tag("reservations/withdrawals/_on_order.html")
def withdrawal_of(order: Purchase) -> dict[str, Any]:
    """On the order's own page: the button, or what was withdrawn and what happens next."""
    done = Withdrawal.objects.filter(purchase=order).first()
    if done is None:
        return {"order": order, "offers": may_withdraw(order, database_time())}
    done.purchase = order
    return {"order": order, "withdrawal": done, "settled": done.settled_at is not None, **next_steps(done)}


@register.inclusion_tag("admin/reservations/withdrawals_open.html")
def withdrawals_open() -> dict[str, Any]:
    """What staff see first: how many withdrawals are open, and which of them should have been settled."""
    overdue = Withdrawal.objects.overdue(database_time()).select_related("purchase").defer("name", "email", "purchase__address")
    ways = {"list": reverse("admin:reservations_withdrawal_changelist")}
    return {"open": Withdrawal.objects.open().count(), "overdue": overdue.order_by("deadline")[:OVERDUE_NAMED], **ways}
