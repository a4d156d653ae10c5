"""Addresses that are not written to any more: e-mails to them come back, or somebody there called one unwanted.

After a hard bounce nothing is sent there; after a complaint what is part of an order or of an account still is. Providers
that see us go on lose patience with all our e-mails.
"""

import re
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from dropshop.core import pruning
from dropshop.core.outbox.due import kept_words
from dropshop.core.outbox.models import SuppressedAddress

Reason = SuppressedAddress.Reason
KEPT_DAYS = 730  # a mailbox may be somebody else's by then
# What follows a refusal's code (RFC 3463): 5.1.x and 5.2.1 are about the mailbox. Others are about us, the message, the
# server, or a mailbox that is full, and say nothing about tomorrow.
ABOUT_THE_MAILBOX = re.compile(r"^5\.(?:1\.\d+|2\.1)\b")
ENHANCED_CODE = re.compile(r"^[245]\.\d+\.\d+\b")


def of_address(address: str) -> QuerySet[SuppressedAddress]:
    """What keeps e-mails from this address now."""
    return ever_of(address).filter(lifted_at=None)


def ever_of(address: str) -> QuerySet[SuppressedAddress]:
    """The same, and what did so before."""
    mark = SuppressedAddress._meta.get_field("mark")
    return SuppressedAddress.objects.filter(mark__in=mark.hashes_of(address))


def reason_against(address: str, *, may_be_ended: bool) -> str:
    """Why this e-mail is not sent there, in words; "" where it is. What may not be ended is sent after a complaint, too."""
    reasons = {found.reason: found for found in of_address(address)}
    found = reasons.get(Reason.BOUNCED) or (reasons.get(Reason.COMPLAINED) if may_be_ended else None)
    return f"{found.get_reason_display()}." if found else ""


def has_complained(address: str) -> bool:
    """Whether somebody there has called an e-mail unwanted, and e-mails are kept from them for it."""
    return of_address(address).filter(reason=Reason.COMPLAINED).exists()


def suppress(address: str, reason: SuppressedAddress.Reason, detail: str = "") -> None:
    """From now on that address is suppressed for this reason; a second time changes nothing."""
    if not of_address(address).filter(reason=reason).exists():
        row = SuppressedAddress(address=address, reason=reason, detail=kept_words(detail))
        SuppressedAddress.objects.bulk_create([row], ignore_conflicts=True)


def lift(address: str) -> int:
    """That address is written to again; how many reasons there were."""
    return of_address(address).update(lifted_at=Now())


def is_dead(code: int, said: str) -> bool:
    """Whether a mail server's refusal of a recipient is final and about the mailbox; one that says no more than 5xx is."""
    if code < 500:
        return False
    return not ENHANCED_CODE.match(said) or bool(ABOUT_THE_MAILBOX.match(said))


def forget(address: str) -> None:
    """Of a member who is erased nothing is kept."""
    ever_of(address).delete()


def forget_old(before: datetime) -> int:
    """Deletes what was noted before this moment; how many rows."""
    return pruning.prune(SuppressedAddress.objects.filter(created_at__lt=before).order_by("created_at"))
