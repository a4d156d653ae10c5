"""What the provider can take in one payment: the one rule that plans of drops, the API and the checkout ask."""

from dropshop.core.money import Money
from reservations.payments.gateways import LimitedGateway, Limits, gateway


def fault(money: Money) -> str:
    """Why exactly this sum cannot be paid, in a sentence; "" where it can, and where the provider names no limits."""
    bank = gateway()
    return fault_of(bank.limits(money.currency), money) if isinstance(bank, LimitedGateway) else ""


def fault_of(limits: Limits | None, money: Money) -> str:
    """The same of these limits of its currency."""
    if limits is None:
        return f"Nothing can be paid in {money.currency}."
    if money.minor < limits.least:
        return f"No less than {Money(limits.least, money.currency)} can be paid at once."
    if money.minor > limits.most:
        return f"No more than {Money(limits.most, money.currency)} can be paid at once."
    if money.minor % limits.step:
        return f"What is paid in {money.currency} must be a multiple of {Money(limits.step, money.currency)}."
    return ""
