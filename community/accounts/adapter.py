"""How allauth asks the shop what it cannot know itself."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.core import context as allauth_context
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from community.accounts import tokens
from community.accounts.device_names import device_named
from community.people.models import Member
from community.people.names import LIKE_AN_ADDRESS, name_key
from dropshop.core.client_address import client_ip
from dropshop.core.members import lock_open_account


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own answers, except where the shop knows better."""

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """As allauth takes it, and none that looks like another member's (N1)."""
        name: str = super().clean_username(username, shallow=shallow)
        if not shallow and Member.objects.filter(name_key=name_key(name)).exists():
            raise self.validation_error("username_taken")
        return name

    def save_user(self, request: HttpRequest, user: Member, form: BaseForm, commit: bool = True) -> Any:
        """As allauth does it; a form that brings the hash of its password is not hashed again."""
        hashed = getattr(form, "hashed_password", None)
        if hashed is None:
            return super().save_user(request, user, form, commit=commit)
        form.cleaned_data.pop("password")
        super().save_user(request, user, form, commit=False)
        user.password = hashed
        if commit:
            user.save()
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """No address of a mailbox that is another member's, however it is spelled."""
        from community.accounts.mailboxes import is_taken  # allauth's forms, which ask for this adapter

        if is_taken(email_address.email, by_another_than=email_address.user_id):
            return False
        with transaction.atomic():
            lock_open_account(email_address.user)
            confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def set_password(self, user: Member, password: str) -> None:
        """Stores the password and no other column: allauth would write back all that the row held when it was read. Raises
        NotAuthenticated for a closed account.
        """
        user.set_password(password)  # before the transaction: it takes its time
        with transaction.atomic():
            lock_open_account(user)
            user.save(update_fields=["password"])

    def format_email_subject(self, subject: str) -> str:
        """As it is: the sender says which shop this is."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Written to the outbox, which sends it."""
        from community.accounts.emails import put_into_outbox  # allauth's forms, which ask for this adapter

        request = allauth_context.request
        facts = {"request": request, "email": email, "current_site": get_current_site(request), "site": settings.SITE_URL}
        facts |= {**context, "device": device_named(context.get("user_agent", "")).name}
        message = self.render_mail(template_prefix, email, facts)
        put_into_outbox(message, about=template_prefix.rpartition("/")[2], once=context.get("once", ""))

    def login(self, request: HttpRequest, user: Any) -> None:
        """Signs in by a cookie; the member is told of a new device. Raises NotAuthenticated for a closed account."""
        from community.accounts import new_devices  # which asks for this adapter

        new_devices.tell(request, user, has_cookies=True)
        with transaction.atomic():
            lock_open_account(user)
            super().login(request, user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """As DROPSHOP_PROXIES trusts it. allauth's own count answers a request that skipped the proxy with a 500."""
        return client_ip(request) or "0.0.0.0"  # noqa: S104 - "unknown" in the column's own type

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """One lookup for what was typed.

        Asked for it as a name and as an address, allauth would hash twice for known addresses, and for them only. Text that
        looks like an address is one if somebody has it: an old name that looks the same opens nobody else's account.
        """
        typed = credentials.get("username") or credentials.get("email")
        if credentials.get("email") and credentials.get("email") == credentials.get("username"):
            del credentials["email"]  # its backend takes a name for an address too
        if typed and LIKE_AN_ADDRESS.search(typed) and filter_users_by_email(typed):
            credentials.pop("username", None)
            credentials["email"] = typed
        return super().authenticate(request, **credentials)

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:
        """Whatever it is for, and a sign-in of the last minutes counts.

        allauth asks nobody again who has neither password nor second factor; they sign in again where they did.
        """
        # allauth's models, which ask for this adapter
        from allauth.account.internal.flows.reauthentication import get_reauthentication_flows

        from community.accounts.fresh_sign_in import is_fresh

        if is_fresh(allauth_context.request):
            return False
        if not get_reauthentication_flows(allauth_context.request.user):
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """allauth's; for a member who has neither password nor second factor, where they sign in."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        elsewhere = {"id": "elsewhere", "description": "Sign in again elsewhere", "url": reverse("sign_in_again_elsewhere")}
        return methods or ([elsewhere] if user.is_authenticated else [])

    def post_login(self, request: HttpRequest, user: Member, **facts: Any) -> HttpResponse:
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
