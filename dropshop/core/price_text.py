"""Prices as people, spreadsheets and shops write them: "1.299,00 €", "CHF 1'299.-", "180,5".

What could mean two amounts is refused.
`price-parser` was tried and not taken: it reads "180.000" as 180000, "45,500" in KWD as 45500 and "CHF 1’299.00" as 1.
"""

import re
from itertools import pairwise

from dropshop.core.money import EXPONENTS, InvalidAmount, Money
from dropshop.core.spelling import spelled_plainly

PRICE_MAX_LENGTH = 40  # characters
# What a sign can mean. Where it is several, the currency that is expected decides, if it is among them.
SIGNS = {
    "€": {"EUR"},
    "£": {"GBP"},
    "¥": {"JPY", "CNY"},
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"},
    "us$": {"USD"},
    "c$": {"CAD"},
    "a$": {"AUD"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "kr.": {"DKK", "ISK"},
    "zł": {"PLN"},
    "kč": {"CZK"},
    "fr.": {"CHF"},
    "sfr.": {"CHF"},
    "₩": {"KRW"},
    "₫": {"VND"},
    "₹": {"INR"},
    "₺": {"TRY"},
    "₪": {"ILS"},
}
PRICE = re.compile(r"(?P<before>[^\d\s.,'+-]*\.?)\s*(?P<number>\d[\d.,' ]*?)(?:[.,]-{1,2})?\s*(?P<after>[^\d\s.,'+-]*\.?)")


def read_price(text: str, currency: str, *, named: bool = True) -> Money:
    """The price that the text means, in `currency` where it names none. Raises InvalidAmount for anything that is not certain.

    `named` off: a text that names a currency is refused, since another field says it.
    """
    if len(text) > PRICE_MAX_LENGTH:
        raise InvalidAmount(f"{text[:PRICE_MAX_LENGTH]!r}… is not a price.")
    found = PRICE.fullmatch(spelled_plainly(text))
    if found is None:
        raise InvalidAmount(f"{text!r} is not a price.")
    names = [found[part] for part in ("before", "after") if found[part]]
    if len(names) > 1 or (names and not named):
        raise InvalidAmount(f"{text!r} is not an amount.")
    code = _currency(names[0], currency) if names else currency
    if code not in EXPONENTS:
        raise InvalidAmount(f"{code!r} is not a currency of ISO 4217.")
    return Money.parse(_plain_number(found["number"], EXPONENTS[code], text, signed=found["before"] in SIGNS), code)


def _currency(name: str, expected: str) -> str:
    if name.upper() in EXPONENTS:
        return name.upper()
    meant = SIGNS.get(name, set())
    if expected in meant:
        return expected
    if name == "$" or len(meant) != 1:
        raise InvalidAmount(f"“{name}” does not say which currency.")
    return next(iter(meant))


def _plain_number(written: str, decimals: int, text: str, *, signed: bool) -> str:
    """The number with a point before its decimals and nothing else between its digits."""
    groups = re.split(r"[ ']", written)
    if not _are_groups([*groups[:-1], re.split("[.,]", groups[-1])[0]]):
        raise InvalidAmount(f"{text!r} is not a number.")
    if " " in written and not re.search("[.,]", groups[-1]):  # "180 200": a thousand, or two prices
        raise InvalidAmount(f"{text!r} could mean several amounts.")
    number = "".join(groups)
    marks = re.findall("[.,]", number)
    if not marks:
        return number
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:  # 1.299,00 and 1,299.00: the last one parts the decimals
        whole, _, rest = number.rpartition(marks[-1])
        if _are_groups(whole.split(marks[0])):
            return f"{whole.replace(marks[0], '')}.{rest}"
    if len(set(marks)) == 1:
        parts = number.split(marks[0])
        if len(parts) > 2 and _are_groups(parts):
            return "".join(parts)
        if len(parts) == 2 and (plain := _one_mark(parts[0], parts[1], marks[0], decimals, signed=signed)):
            return plain
    raise InvalidAmount(f"{text!r} could mean several amounts.")


def _one_mark(whole: str, rest: str, mark: str, decimals: int, *, signed: bool) -> str:
    """Decimals, or thousands; "" where nobody can know. Three digits are thousands in a currency without decimals, and behind
    a comma where a sign stands before (`signed`): "€1,250" is how English writes it, and no price has three decimals of a euro.
    """
    could_be_thousands = len(rest) == 3 and len(whole) <= 3 and whole != "0"
    if could_be_thousands and (decimals == 0 or (signed and mark == "," and decimals == 2)):
        return whole + rest
    if could_be_thousands and not (decimals == 3 and mark == "."):
        return ""
    return f"{whole}.{rest}"


def _are_groups(groups: list[str]) -> bool:
    """Digits in threes, as thousands are written; the first may be shorter."""
    return all(len(later) == 3 for _, later in pairwise(groups)) and (len(groups) == 1 or 1 <= len(groups[0]) <= 3)
