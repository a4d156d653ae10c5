"""Money: whole minor units with a currency; never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from iso4217 import Currency

from dropshop.core.spelling import spelled_plainly

# Every currency of ISO 4217 with its number of decimals (M8); metals, funds and test codes, which have none, are no currencies.
EXPONENTS: dict[str, int] = {each.code: each.exponent for each in Currency if each.exponent is not None}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

MOST = 10**12  # minor units of an amount that is read
AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
AMOUNT_MAX_LENGTH = 40  # characters


class InvalidAmount(ValueError):
    """The text is no amount in that currency."""


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency` (ISO 4217): Money(18000, "USD") is 180 dollars."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """The amount in major units ("180.00"); raises InvalidAmount for what is none in that currency.

        Of a text digits alone count, in any script, with a point before the decimals: "1e2", "1_0" and "1,000" are none.
        """
        if currency not in EXPONENTS:
            raise InvalidAmount(f"{currency!r} is not a currency of ISO 4217.")
        number, decimals = _number(amount), EXPONENTS[currency]
        if not number.is_finite() or abs(number) > MOST or abs(scaled := number.scaleb(decimals)) > MOST or scaled % 1:
            raise InvalidAmount(f"{amount!r} is not an amount in {currency}.")
        return cls(int(scaled), currency)

    @property
    def amount(self) -> str:
        """Major units with the currency's decimals: "180.00"."""
        exponent = EXPONENTS.get(self.currency, 2)
        if not exponent:
            return str(self.minor)
        sign, digits = "-" * (self.minor < 0), str(abs(self.minor)).rjust(exponent + 1, "0")
        return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"

    @property
    def facts(self) -> dict[str, str]:
        """As the API writes money."""
        return {"amount": self.amount, "currency": self.currency}

    def __str__(self) -> str:
        amount = self.amount.removesuffix(".00")
        if self.currency not in SYMBOLS:
            return f"{amount} {self.currency}"
        sign = "-" * (self.minor < 0)
        return f"{sign}{SYMBOLS[self.currency]}{amount.removeprefix(sign)}"


def _number(amount: str | int | Decimal) -> Decimal:
    if isinstance(amount, Decimal):
        return amount
    text = str(amount)
    plain = spelled_plainly(text) if len(text) <= AMOUNT_MAX_LENGTH else ""
    if not AMOUNT.fullmatch(plain):
        raise InvalidAmount(f"{text[:AMOUNT_MAX_LENGTH]!r} is not an amount.")
    return Decimal(plain)
