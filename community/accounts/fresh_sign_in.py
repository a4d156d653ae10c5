"""Whether a member has shown lately who they are: asked for before what a borrowed telephone or a stolen session must not do.

In a browser a sign-in counts, and allauth's page that asks again (`/accounts/reauthenticate/`); for a program its sign-in.
"""

import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.usersessions.models import UserSession
from django.contrib.auth.decorators import login_required
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request

from dropshop.core.api.authentication import session_key_of
from dropshop.core.errors import DropshopError
from dropshop.core.members import signed_in


class SignInAgain(DropshopError):
    """This wants a sign-in of the last minutes: sign in again, and send the same with the new token."""

    code, status, title = "fresh_sign_in_required", 403, "Sign in again first."


def is_fresh(request: HttpRequest | Request) -> bool:
    """Whether who sent this request has signed in, or shown again who they are, in the last five minutes
    (`ACCOUNT_REAUTHENTICATION_TIMEOUT`, in seconds).
    """
    member = signed_in(request.user)
    if member is None:
        return False
    lately = app_settings.REAUTHENTICATION_TIMEOUT
    if isinstance(request, Request) and isinstance(request.auth, dict):
        begun = UserSession.objects.filter(session_key=session_key_of(request), user=member)
        return begun.filter(created_at__gt=Now() - timedelta(seconds=lately)).exists()
    records = get_authentication_records(request, member)
    return any(time.time() - record["at"] < lately for record in records)


def require_fresh(request: HttpRequest | Request) -> None:
    """Raises SignInAgain unless it `is_fresh`: for calls of the API."""
    if not is_fresh(request):
        raise SignInAgain


def fresh_sign_in_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page that shows itself only to a member whose sign-in is fresh; others show first who they are, and come back.

    What they have posted is kept meanwhile, and done when they are back.
    """

    @login_required
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_fresh(request):
            raise ReauthenticationRequired  # allauth's middleware leads to its page
        return view(request, *args, **kwargs)

    return guarded
