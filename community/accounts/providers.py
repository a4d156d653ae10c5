"""Signing in elsewhere: Google, or another OpenID Connect provider that the operator names by environment variables.

allauth speaks the protocol (with `state` and PKCE). Here: every page that asks a provider ends in time, the signature of what
it says is always checked, and whose account it is.
"""

import time
from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.forms import SignupForm as AllauthProviderSignupForm
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from community.accounts.forms import Labelled
from community.accounts.mailboxes import OneMailbox
from community.people.models import Member
from dropshop.core.mailboxes import mailbox_key
from dropshop.core.members import lock_open_account

MAX_BYTES = 262_144  # of an answer; a provider's keys are a few thousand
PIECE = 16_384
# What is raised where a provider is silent, or says what is no OpenID Connect.
FAILED = (requests.RequestException, OAuth2Error, ValueError, KeyError, TypeError)


class PatientSession(requests.Session):
    """Asks a provider, and gives up at `until` (by the monotonic clock), however slowly it answers."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until
        self.trust_env = False  # no proxy and no password of this machine's own

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """The whole answer; raises `requests.RequestException` when it is late or large, and for a redirect."""
        response = super().request(*args, **{**options, "timeout": self._left(), "stream": True, "allow_redirects": False})
        try:
            response._content = self._read(response)
        finally:
            response.close()
        return response

    def _read(self, response: requests.Response) -> bytes:
        body = b""
        while piece := response.raw.read1(PIECE, decode_content=True):
            body += piece
            self._left()
            if len(body) > MAX_BYTES:
                raise requests.exceptions.ContentDecodingError("The answer is too large.")
        return body

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise requests.Timeout("The provider is too slow.")
        return left


class ProviderAdapter(DefaultSocialAccountAdapter):
    """allauth's own answers, except where the shop knows better."""

    def get_requests_session(self) -> requests.Session:
        """All that one page asks shares `SIGN_IN_ELSEWHERE_SECONDS`."""
        request = allauth_context.request
        if not hasattr(request, "asks_elsewhere_until"):
            request.asks_elsewhere_until = time.monotonic() + settings.SIGN_IN_ELSEWHERE_SECONDS
        return PatientSession(request.asks_elsewhere_until)

    def deserialize_instance(self, model: Any, data: dict[str, Any]) -> Any:
        """allauth's, which leaves the key of a row that is not stored yet as the text that a session keeps."""
        instance = super().deserialize_instance(model, data)
        instance.pk = instance._meta.pk.to_python(instance.pk)
        return instance

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Links the account whose address is this one, where both sides have seen its owner read e-mail there.

        An address that only one side has verified proves nothing: somebody may have signed up here with it in advance.
        """
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        said = {known.email.lower() for known in sociallogin.email_addresses if known.verified}
        known = EmailAddress.objects.filter(verified=True, primary=True, user__is_active=True).select_related("user")
        for address in said:
            ours = known.filter(user__mailbox_key=mailbox_key(address), email__iexact=address).first()
            if ours is not None:
                sociallogin.connect(request, ours.user)
                return


class ProviderSignupForm(Labelled, OneMailbox, AllauthProviderSignupForm):
    """The page on which a newcomer from elsewhere chooses a name; one account for each mailbox, as everywhere."""


class SignatureChecked(OpenIDConnectOAuth2Adapter):
    """Checks the signature of an ID token wherever it comes from."""

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


def sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leads to the provider (POST), or asks whether to (GET). Raises Http404 for one that is not set up."""
    return _asks(OAuth2LoginView, request, provider_id)


def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way back from the provider. Raises Http404 for one that is not set up."""
    return _asks(OAuth2CallbackView, request, provider_id)


def _asks(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    adapter = SignatureChecked(request, provider_id)
    try:
        provider = adapter.get_provider()
    except SocialApp.DoesNotExist:
        raise Http404 from None
    try:
        answer: HttpResponse = view.adapter_view(adapter)(request)
    except FAILED as error:
        return render_authentication_error(request, provider, exception=error)
    return answer


_lookup, _connect = SocialLogin.lookup, SocialLogin.connect


def listen() -> None:
    """Called once, when the apps are ready. allauth makes a SocialLogin itself, also from a session, and no setting
    says of which class; what it stores of a member is stored under the lock of their row from now on.
    """
    SocialLogin.lookup, SocialLogin.connect = lookup, connect


def lookup(login: SocialLogin) -> None:
    """allauth's: finds the account, and stores it anew; not while its member is erased, or it would come back."""
    theirs = {"socialaccount__provider": login.account.provider, "socialaccount__uid": login.account.uid}
    with transaction.atomic():
        list(Member.objects.select_for_update(no_key=True, of=("self",)).filter(**theirs).values_list("pk"))
        _lookup(login)


def connect(login: SocialLogin, request: HttpRequest, user: Member) -> None:
    """allauth's: links the account. Raises NotAuthenticated for a closed one.

    allauth stores every column of the member as well: those of the locked row, not those of a member who was erased since.
    """
    with transaction.atomic():
        _connect(login, request, lock_open_account(user))


def connected(member: Any) -> list[SocialAccount]:
    """The member's accounts elsewhere, of providers that are set up."""
    names = {app["provider_id"] for app in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]}
    return [*SocialAccount.objects.filter(user=member, provider__in=names).order_by("pk")]
