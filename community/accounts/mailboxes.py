"""One account for each mailbox, however its address is spelled; the address itself is kept as it was typed, for sending."""

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.headless.account.inputs import SignupInput as AllauthSignupInput

from community.accounts.forms import LABELS, Labelled
from community.people.models import Member
from dropshop.core.mailboxes import mailbox_key


def is_taken(address: str, *, by_another_than: Any = None) -> bool:
    """Whether this address's mailbox is another member's."""
    return Member.objects.filter(mailbox_key=mailbox_key(address)).exclude(pk=by_another_than).exists()


class OneMailbox:
    """A form for signing up that answers to a known mailbox in another spelling what it answers to the known address."""

    account_already_exists: bool

    def validate_unique_email(self, value: str) -> str:
        email: str = super().validate_unique_email(value)  # type: ignore[misc]  # allauth's form is the other parent
        if not self.account_already_exists and is_taken(email):
            if app_settings.EMAIL_VERIFICATION != app_settings.EmailVerificationMethod.MANDATORY:
                raise get_adapter().validation_error("email_taken")
            self.account_already_exists = True
        return email


class SignupForm(Labelled, OneMailbox, AllauthSignupForm):
    """The page's."""

    labels = {**LABELS, "password1": "Password"}


class SignupInput(OneMailbox, AllauthSignupInput):
    """The API's, which has hashed the password already."""

    hashed_password: str
