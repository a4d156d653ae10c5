"""Second factors of members: authenticators and recovery codes (passkeys: `passkeys.py`). allauth keeps them, and we add to it.

What codes are made from is encrypted (M3). Each code of an authenticator is good once, in whichever process it arrives: allauth
remembers used codes in a cache, and every process of the shop has a cache of its own.
"""

from hmac import compare_digest

from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms as allauth_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

from community.accounts.device_names import device_named
from community.accounts.forms import Labelled
from community.people.models import Member
from dropshop.core import encrypted

CONTEXT = "mfa.authenticator.data"


class MFAAdapter(DefaultMFAAdapter):
    """allauth's own answers, except where the shop knows better."""

    def encrypt(self, text: str) -> str:
        """As everything that is encrypted at rest."""
        return encrypted.encrypt(text, context=CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        """The text; raises `encrypted.Unreadable`."""
        text: str = encrypted.decrypt(encrypted_text, context=CONTEXT)
        return text

    def get_totp_issuer(self) -> str:
        """The shop, as receipts name it."""
        return settings.SHOP_NAME

    def generate_authenticator_name(self, user: Member, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's own word
        """The device on which it is made: what its owner will look for."""
        return device_named(allauth_context.request.META.get("HTTP_USER_AGENT", "")).name


def use_code(member: Member, code: str) -> Authenticator | None:
    """What this code belongs to, an authenticator or recovery codes, of which it is used up thereby; None for a wrong one."""
    code = "".join(code.split())
    with transaction.atomic():
        # One at a time for each member, or the same code sent twice at once would be good twice.
        kept = Authenticator.objects.select_for_update(no_key=True).filter(user=member).order_by("pk")
        for authenticator in kept.exclude(type=Authenticator.Type.WEBAUTHN):
            if _use_up(authenticator, code):
                authenticator.user = member
                return authenticator
    return None


def _use_up(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return bool(RecoveryCodes(authenticator).validate_code(code))
    secret, used = decrypt(authenticator.data["secret"]), authenticator.data.get("used_until", -1)
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > used and compare_digest(expected.encode(), code.encode()):
            authenticator.data["used_until"] = counter
            authenticator.save(update_fields=["data"])
            return True
    return False


class _Code(Labelled):
    """Checks what was typed by `use_code`; the other parent is allauth's form."""

    user: Member
    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        found = use_code(self.user, code)
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code


class CodeForm(_Code, allauth_forms.AuthenticateForm):
    """The second step of a sign-in."""


class CodeAgainForm(_Code, allauth_forms.ReauthenticateForm):
    """The proof that it is still the member."""
