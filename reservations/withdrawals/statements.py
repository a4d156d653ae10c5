"""What was stated in the first step, carried by the page itself to the second: signed, and good for half an hour.

Neither a session nor a cookie is needed, and what is confirmed is what was read.
"""

from typing import NamedTuple
from uuid import UUID

from django.core import signing

SALT = "reservations.withdrawals"
LIFETIME_SECONDS = 1800


class Statement(NamedTuple):
    """Who withdraws from which order."""

    order: UUID
    name: str
    email: str


def sign(statement: Statement) -> str:
    """As the form of the second step carries it."""
    return signing.dumps([str(statement.order), statement.name, statement.email], salt=SALT)


def read(text: str) -> Statement | None:
    """The statement; None where it is too old, or was not made here."""
    try:
        order, name, email = signing.loads(text, salt=SALT, max_age=LIFETIME_SECONDS)
    except signing.BadSignature:
        return None
    return Statement(UUID(order), name, email)
