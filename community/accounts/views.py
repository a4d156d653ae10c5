"""The pages of a member's settings and of their e-mail addresses: allauth's, which knows no other spellings of a mailbox."""

from typing import Any

from allauth.account.views import EmailView, PasswordSetView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from community.accounts import providers
from community.accounts.fresh_sign_in import fresh_sign_in_required
from community.accounts.mailboxes import is_taken
from community.accounts.open_accounts import OpenAccountForm
from dropshop.core.limits import limit
from dropshop.core.members import lock_open_account
from dropshop.core.pages import member_of
from dropshop.core.settings_page import render_settings

TAKEN = "“{}” is the address of another account, in this spelling or another, and cannot be used first."


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Everything a member can set, on one page."""
    return render_settings(request)


# A member without a password signs in elsewhere; a password of their own would let in whoever sets it.
set_password = fresh_sign_in_required(PasswordSetView.as_view())


@login_required
@require_safe
def sign_in_again_elsewhere(request: HttpRequest) -> HttpResponse:
    """For members who have neither password nor second factor: they show who they are where they sign in."""
    accounts = providers.connected(request.user)
    if not accounts:
        return redirect("account_reset_password")
    return render(request, "account/sign_in_again_elsewhere.html", {"accounts": accounts, "next": request.GET.get("next", "")})


class PasskeySignIn(LoginWebAuthnView):
    """Signs in by a passkey alone. Each challenge is kept in a session, so they are counted."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A challenge for the page's script; the sign-in page for anybody else."""
        limit("passkey-challenge", request)
        answer = super().get(request, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer


class EmailAddresses(LoginRequiredMixin, OpenAccountForm, EmailView):
    """Add, confirm, remove one, or use it first."""

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        wanted = self._get_email_address(request)
        if wanted is not None and is_taken(wanted.email, by_another_than=wanted.user_id):
            return self._refuse(request, wanted.email)
        try:
            with transaction.atomic():
                lock_open_account(member_of(request))
                done: HttpResponse | None = super()._action_primary(request, *args, **kwargs)
        except IntegrityError:  # somebody signed up with it between the look and the write
            return self._refuse(request, wanted.email if wanted else "")
        return done

    def _refuse(self, request: HttpRequest, address: str) -> HttpResponse:
        messages.error(request, TAKEN.format(address))
        form = self.get_form_class()(**{**self.get_form_kwargs(), "data": None})
        return self.render_to_response(self.get_context_data(form=form), status=409)
