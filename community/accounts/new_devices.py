"""An e-mail to a member who signs in on a device that has not signed in to this account before."""

import hmac
from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest

from community.people.models import Member
from dropshop.core import known_devices
from dropshop.core.clock import database_time
from dropshop.core.limits import account_key
from dropshop.core.outbox.models import Email

NAME = "new_device"
MAX_A_DAY = 10  # e-mails to one member, who has been told by then


def tell(request: HttpRequest, member: Member, *, has_cookies: bool) -> None:
    """Writes the e-mail; nothing for a device that is known, and for the first sign-in of a new account.

    Call it before the sign-in is noted as the member's last. A program, which has no cookies, is known by what it calls itself.
    """
    if member.last_login is None or known_devices.subject_of(request, [account_key(str(member.pk))]):
        return
    since = database_time() - timedelta(days=1)
    lately = member.emails.filter(kind=Email.ACCOUNT, cause__startswith=f"{NAME}:", created_at__gt=since)
    if lately.count() < MAX_A_DAY:
        once = "" if has_cookies else _mark(member, request.META.get("HTTP_USER_AGENT", ""))
        get_adapter().send_notification_mail(f"account/email/{NAME}", member, {"once": once})


def _mark(member: Member, user_agent: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"program:{member.pk}:{user_agent}".encode(), "sha256").hexdigest()[:32]
