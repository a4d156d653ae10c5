"""Money as Stripe counts it: https://docs.stripe.com/currencies (zero-decimal and three-decimal currencies, special cases)."""

from dropshop.core.money import EXPONENTS, Money
from reservations.payments.gateways import Limits, MoneyNotTaken
from reservations.payments.stripe.currencies import DECIMALS, DIGITS, DIGITS_ELSE, LEAST, TAKEN, THREE_DECIMALS


def limits_of(currency: str) -> Limits | None:
    """What Stripe takes at once in this currency; None where it takes nothing.

    HUF and TWD are paid out in whole units alone, and charged with two decimals as any other.
    """
    if currency not in TAKEN:
        return None
    exponent = EXPONENTS[currency]
    ours, theirs = 10**exponent, 10 ** DECIMALS.get(currency, exponent)
    step = 10 if currency in THREE_DECIMALS else max(1, ours // theirs)
    most = (10 ** DIGITS.get(currency, DIGITS_ELSE) - 1) * ours // theirs
    return Limits(LEAST.get(currency, step), most - most % step, step)


def stripe_amount(money: Money) -> int:
    """The `amount` that Stripe is asked for. Raises MoneyNotTaken where Stripe cannot take exactly this sum.

    Money that goes back has no least sum, so `limits_of` is not asked. What an account cannot take Stripe itself says no to.
    """
    if money.currency not in TAKEN:
        raise MoneyNotTaken(f"Cards cannot be charged in {money.currency}.")
    exponent = EXPONENTS[money.currency]
    amount, rest = divmod(money.minor * 10 ** DECIMALS.get(money.currency, exponent), 10**exponent)
    if rest or amount <= 0 or (money.currency in THREE_DECIMALS and amount % 10):
        raise MoneyNotTaken(f"Cards cannot be charged {money}.")
    return amount


def told_money(amount: int, currency: str) -> Money:
    """`shop_money` of a currency that is not the shop's choice: of one that ISO 4217 does not know the amount is left as it is,
    in its "XXX".
    """
    return shop_money(amount, currency) if currency.upper() in EXPONENTS else Money(amount, "XXX")


def shop_money(amount: int, currency: str) -> Money:
    """What Stripe's `amount` of a currency ("usd") is to the shop. Raises MoneyNotTaken where that is none of ISO 4217."""
    code = currency.upper()
    if code not in EXPONENTS:
        raise MoneyNotTaken(f"{currency!r} is no currency of ISO 4217.")
    exponent = EXPONENTS[code]
    return Money(amount * 10**exponent // 10 ** DECIMALS.get(code, exponent), code)
