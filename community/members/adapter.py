"""How allauth asks the shop what it cannot know itself."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from community.members import tokens
from dropshop.client import client_ip


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own answers, except where the shop knows better."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """As DROPSHOP_PROXIES trusts it. allauth's own count answers a request that skipped the proxy with a 500."""
        return client_ip(request) or "0.0.0.0"  # noqa: S104 - "unknown" in the column's own type

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """One look for what was typed.

        Asked for it as a name and as an address, allauth would hash twice for known addresses, and for them only.
        """
        if credentials.get("email") and credentials.get("email") == credentials.get("username"):
            del credentials["email"]  # its backend takes a name for an address too
        return super().authenticate(request, **credentials)

    def post_login(self, request: HttpRequest, user: Any, **facts: Any) -> HttpResponse:
        """allauth's answer to a sign-in, which ends the oldest of this member's sign-ins where there are very many."""
        response = super().post_login(request, user, **facts)
        tokens.end_oldest(user)
        return response

    def ajax_response_form(self, form: BaseForm) -> dict[str, Any]:
        """The form as JSON, for a script that posts it; of a posted form without what was typed.

        allauth would send the typed password back. Whoever typed knows what it was, so nothing typed is repeated: no list of
        secret fields has to be kept complete.
        """
        described = super().ajax_response_form(form)
        if form.is_bound:
            for field in described["fields"].values():
                field["value"] = None
        return described
