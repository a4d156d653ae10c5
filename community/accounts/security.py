"""The rows of a member's settings under "Security"."""

from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpRequest

from dropshop.core.pages import member_of
from dropshop.core.settings_page import Part


def facts(request: HttpRequest) -> dict[str, Any]:
    """For the member who asks."""
    member = member_of(request)
    return {
        "member": member,
        "email": EmailAddress.objects.filter(user=member, primary=True).first(),
    }


PART = Part("security", "community/accounts/_security.html", facts)
