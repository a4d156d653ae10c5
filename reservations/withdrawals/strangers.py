"""Finding the order of somebody who is not signed in: by its number and the e-mail address of its account, both.

Whoever knows only one of them learns nothing, not even that it is right: every mismatch has the same answer.
"""

import hmac
import secrets

from dropshop.core.mailboxes import mailbox_key
from reservations.orders.finding import read_number
from reservations.purchases.models import Purchase


def find_order(number: str, email: str) -> Purchase | None:
    """The order with this number, however it is written, whose account has this mailbox; None where either is wrong.

    An account that is closed counts, too. One that was erased has no address any more: staff help.
    """
    orders = Purchase.objects.select_related("drop", "size", "member").defer("address")  # nobody need open it
    order = orders.filter(number=read_number(number)).first()
    known = order.member.email if order is not None else ""
    is_theirs = hmac.compare_digest(_key(known or secrets.token_hex()), _key(email))
    return order if is_theirs else None


def _key(address: str) -> bytes:
    return mailbox_key(address).encode()
