"""The admin as a whole: its words, and who comes in, by a sign-in like everybody's; staff of a real shop by a second factor."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dropshop.core.settings_page import address_of


class ShopAdminSite(AdminSite):
    """See the module."""

    site_header = "dropshop"
    site_title = "dropshop staff"
    index_title = "Today"
    enable_nav_sidebar = False  # the bar has the way to everything

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the admin opens for who sends this request."""
        user: Any = request.user
        return bool(user.is_active and user.is_staff and not user.lacks_second_factor)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """allauth's sign-in, with its limits and second factors. Staff who lack theirs are led to where they set one up; who is
        signed in but no staff gets a 403.
        """
        user: Any = request.user
        if user.is_authenticated and user.lacks_second_factor:
            messages.warning(request, "Staff need a second factor here: set up an authenticator or a passkey, then come back.")
            return redirect(address_of("security"))
        led: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return led
