"""The rows of a member's settings under "Security", and what ends there: sign-ins, by themselves and with a new password."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from community.accounts import providers, sessions
from community.people.models import Member
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from dropshop.core.settings_page import Part, address_of


def facts(request: HttpRequest) -> dict[str, Any]:
    """For the member who asks."""
    member = member_of(request)
    kept = Authenticator.objects.filter(user=member).order_by("created_at", "pk")
    by_type: dict[str, list[Authenticator]] = {}
    for authenticator in kept:
        by_type.setdefault(authenticator.type, []).append(authenticator)
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES, [])
    return {
        "member": member,
        "email": EmailAddress.objects.filter(user=member, primary=True).first(),
        "has_password": member.has_usable_password(),
        "passkeys": by_type.get(Authenticator.Type.WEBAUTHN, []),
        "app": next(iter(by_type.get(Authenticator.Type.TOTP, [])), None),
        "codes": codes[0] if codes else None,
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
        "codes_made": mfa_settings.RECOVERY_CODE_COUNT,
        "providers": settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"],
        "connected": {account.provider for account in providers.connected(member)},
        "sign_ins": sessions.of_member(member, current=request.session.session_key or ""),
    }


PART = Part("security", "community/accounts/_security.html", facts)


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Where allauth's lists of authenticators and passkeys would stand: they are rows of the settings."""
    return redirect(address_of("security"))


@login_required
@limited("account-change")
def end_others(request: HttpRequest) -> HttpResponse:
    """Ends every sign-in of the member but this one."""
    if request.method == "POST":
        ended = sessions.end_others(member_of(request), keep=request.session.session_key or "")
        messages.success(request, f"Signed out everywhere else: {ended} sign-in{'' if ended == 1 else 's'} ended.")
    return HttpResponseRedirect(address_of("security"), status=303)


@posted("settings")
@login_required
@limited("account-change")
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    """Ends one sign-in of the member; their own is ended by signing out."""
    sessions.end_one(member_of(request), session_id)
    messages.success(request, "Signed out there.")
    return HttpResponseRedirect(address_of("security"), status=303)


def end_others_with_the_old_password(request: HttpRequest, user: Member, **_: Any) -> None:
    """Whoever knew the old password is out, programs too. Where nobody is signed in (a reset by e-mail), everybody is."""
    is_theirs = request.user.is_authenticated and request.user.pk == user.pk
    sessions.end_others(user, keep=(request.session.session_key or "") if is_theirs else "")


def end_those_without_a_second_factor(request: HttpRequest, user: Member, authenticator: Authenticator, **_: Any) -> None:
    """With the first second factor every other sign-in ends: it was opened by a password alone."""
    proving = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES and proving.count() == 1:
        sessions.end_others(user, keep=request.session.session_key or "")


def count_sign_up_as_sign_in(request: HttpRequest, user: Member, **_: Any) -> None:
    """Whoever has just chosen a password need not show it again at the first step that wants a fresh sign-in."""
    if user.has_usable_password() and hasattr(request, "session"):
        record_authentication(request, user, method="password", username=user.username)


def listen() -> None:
    """Called once, when the apps are ready."""
    account_signals.user_signed_up.connect(count_sign_up_as_sign_in)
    for signal in (account_signals.password_changed, account_signals.password_set, account_signals.password_reset):
        signal.connect(end_others_with_the_old_password)
    mfa_signals.authenticator_added.connect(end_those_without_a_second_factor)
