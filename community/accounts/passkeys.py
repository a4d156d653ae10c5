"""Forms for passkeys: allauth's, which hand what a stranger sends to a library as it comes.

The library answers nonsense with whatever its parsers raise; here it is a wrong passkey like any other.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as allauth_forms
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms

from community.people.models import Member
from dropshop.core.errors import Invalid
from dropshop.core.text import clean_text

NAME_LENGTH = 60
MAX_PASSKEYS = 20  # of one member
# What fido2, its CBOR and the keys raise on what is no passkey, or signs something else.
WRONG = (
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, struct.error),
    *(InvalidSignature, UnsupportedAlgorithm),
)


@contextmanager
def _told_as_wrong() -> Iterator[None]:
    try:
        yield
    except WRONG as error:
        raise get_adapter().validation_error("incorrect_code") from error


class _Signed(forms.Form):
    """Checks what the browser signed; the other parent is allauth's form."""

    def clean_credential(self) -> Authenticator:
        with _told_as_wrong():
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]  # of the other parent
        return authenticator


class PasskeySignInForm(_Signed, allauth_forms.LoginWebAuthnForm):
    """A sign-in by a passkey alone."""


class PasskeyForm(_Signed, allauth_forms.AuthenticateWebAuthnForm):
    """The second step of a sign-in."""


class PasskeyAgainForm(_Signed, allauth_forms.ReauthenticateWebAuthnForm):
    """The proof that it is still the member."""


class AddPasskeyForm(allauth_forms._BaseAddWebAuthnForm):
    """A passkey with a name. Whether it signs in by itself is up to the device: it does where the device asks who holds it."""

    user: Member
    name = forms.CharField(label="Name", required=False, max_length=NAME_LENGTH, help_text="The device it is on, for example.")

    def clean(self) -> dict[str, Any]:
        """allauth's; and not more than anybody needs."""
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MAX_PASSKEYS:
            raise forms.ValidationError(f"You have {MAX_PASSKEYS} passkeys. Remove one first.")
        with _told_as_wrong():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class RenamePasskeyForm(allauth_forms.EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH)

    def clean_name(self) -> str:
        """In one line, without invisible signs."""
        try:
            return clean_text(self.cleaned_data["name"], limit=NAME_LENGTH, field="name", lines=False)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.facts["errors"]["name"]) from None
