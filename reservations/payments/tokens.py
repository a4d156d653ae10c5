"""What may be a provider's token. A card's number is none, and is kept nowhere (M3)."""

import re
from typing import Any

LONGEST = 200
CARD_NUMBER = re.compile(r"[0-9]{12,19}")
A_NUMBER = "Send the token that the provider's form gives, never a card's number."


def token_fault(given: Any) -> str:
    """Why this cannot be a provider's token, in a sentence; "" where it can."""
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST or not given.isprintable():
        return "Choose how to pay."
    return A_NUMBER if CARD_NUMBER.fullmatch(re.sub(r"[\W_]", "", given)) else ""
