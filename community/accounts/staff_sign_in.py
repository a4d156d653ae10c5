"""The way into the admin: a sign-in like everybody's, and for staff of a real shop a second factor."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from dropshop.core.settings_page import address_of

View = Callable[..., HttpResponseBase]


def may_enter(request: HttpRequest) -> bool:
    """Whether the admin opens for who sends this request."""
    user: Any = request.user
    return bool(user.is_active and user.is_staff and not user.lacks_second_factor)


def leads_to_second_factor(sign_in: View) -> View:
    """The admin's sign-in, which leads staff who lack their second factor to where they set one up."""

    @functools.wraps(sign_in)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated and user.lacks_second_factor:
            messages.warning(request, "Staff need a second factor here: set up an authenticator or a passkey, then come back.")
            return redirect(address_of("security"))
        return sign_in(request, *args, **kwargs)

    return guarded
