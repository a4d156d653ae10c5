"""Money as Stripe counts it: https://docs.stripe.com/currencies (zero-decimal and three-decimal currencies, special cases)."""

from dropshop.core.money import EXPONENTS, Money
from reservations.payments.gateways import MoneyNotTaken

# Where Stripe counts with other decimals than ISO 4217: "to charge 5 ISK, provide an amount value of 500".
DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}  # all that Stripe takes; the last digit must be 0


def stripe_amount(money: Money) -> int:
    """The `amount` that Stripe is asked for. Raises MoneyNotTaken where Stripe cannot take exactly this sum.

    Which of the other currencies and what sums an account can take depends on the account: Stripe itself says no to those.
    """
    exponent = EXPONENTS.get(money.currency)
    if exponent is None or (exponent > 2 and money.currency not in THREE_DECIMALS):
        raise MoneyNotTaken(f"Cards cannot be charged in {money.currency}.")
    amount, rest = divmod(money.minor * 10 ** DECIMALS.get(money.currency, exponent), 10**exponent)
    if rest or amount <= 0 or (money.currency in THREE_DECIMALS and amount % 10):
        raise MoneyNotTaken(f"Cards cannot be charged {money}.")
    return amount


def shop_money(amount: int, currency: str) -> Money:
    """What Stripe's `amount` of a currency ("usd") is to the shop. Raises MoneyNotTaken where that is none of ISO 4217."""
    code = currency.upper()
    if code not in EXPONENTS:
        raise MoneyNotTaken(f"{currency!r} is no currency of ISO 4217.")
    exponent = EXPONENTS[code]
    return Money(amount * 10**exponent // 10 ** DECIMALS.get(code, exponent), code)
