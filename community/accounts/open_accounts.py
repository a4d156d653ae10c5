"""allauth's pages that store something of a member, for accounts that are still open."""

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from dropshop.core.members import lock_open_account
from dropshop.core.pages import member_of


class OpenAccountForm:
    """Stores what the form says under the lock of the member's row; the other parent is allauth's view."""

    request: HttpRequest

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """allauth's answer. Raises NotAuthenticated for an account that was closed meanwhile."""
        with transaction.atomic():
            lock_open_account(member_of(self.request))
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the other parent
        return answer


class AddAuthenticator(OpenAccountForm, ActivateTOTPView):
    """Sets up an authenticator, and recovery codes where there are none."""


class AddPasskey(OpenAccountForm, AddWebAuthnView):
    """Adds a passkey, and recovery codes where there are none."""


class RenamePasskey(OpenAccountForm, EditWebAuthnView):
    """Another name for a passkey. allauth stores the whole row, also one that is gone."""


class NewRecoveryCodes(OpenAccountForm, GenerateRecoveryCodesView):
    """Other recovery codes in the place of those there are."""
