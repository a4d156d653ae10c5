"""Registration and sign-in. allauth does what it can (names, passwords, e-mails).

Nobody learns here whether an e-mail address has an account: where addresses must be verified, signing up answers the
same for known ones (their owner gets an e-mail about it), and signing in answers and takes the same for all.
"""

import uuid
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_at_login
from allauth.account.models import Login
from allauth.account.utils import has_verified_email
from allauth.core.context import request_context
from allauth.headless.constants import Client
from allauth.headless.internal.sessionkit import new_session
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from community.accounts.mailboxes import SignupInput
from community.accounts.second_factors import use_code
from community.people.models import Member
from dropshop.core.errors import Forbidden, Invalid, NotAuthenticated
from dropshop.core.limits import limit


class SecondFactorRequired(Forbidden):
    """The password is right, and the account wants the code of an authenticator, or a recovery code, as well."""

    code, title = "second_factor_required", "Send the code of your second factor too."


class Registered(NamedTuple):
    """The new member; None where the e-mail address already has an account and nobody may learn that."""

    member: Member | None
    facts: dict[str, Any]


def register(request: HttpRequest, *, username: str, email: str, password: str, hashed: str) -> Registered:
    """A new account. Raises Invalid with what is wrong, by field. The e-mail is sent when the transaction commits.

    `hashed` is the password as `make_password` returns it. The caller makes it for known addresses too, so that both take as
    long. It makes it outside any transaction, because on a busy machine passwords wait to be hashed for longer than PostgreSQL
    lets a transaction be idle.
    """
    said = {"username": username, "email": email, "password": password}
    if errors := faults(said):
        raise Invalid(errors=errors)
    form = SignupInput(data=said)
    form.full_clean()
    facts = {"username": form.cleaned_data["username"], "email": form.cleaned_data["email"]}
    if form.account_already_exists:
        _send_mail(request, Login(user=None, email=facts["email"], signup=True))
        return Registered(None, {"id": str(uuid.uuid4()), **facts})
    form.hashed_password = hashed
    member = _created(form, request)
    _send_mail(request, Login(user=member, email=member.email, signup=True))
    return Registered(member, {"id": str(member.pk), **facts})


def faults(said: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong, by field, with as much of a registration as is said."""
    form = SignupInput(data=said)
    errors = {name: [str(word) for word in words] for name, words in form.errors.items() if name in said}
    if "password" in said:
        try:
            validate_password(said["password"], Member(username=said.get("username", ""), email=said.get("email", "")))
        except ValidationError as error:
            errors["password"] = error.messages
    return errors


def _created(form: SignupInput, request: HttpRequest) -> Member:
    own, request.session = request.session, new_session()  # allauth takes notes there, and no browser wants this one
    try:
        with transaction.atomic():
            return form.save(request)
    except IntegrityError as error:  # the same name at the same moment
        field = "email" if "email" in str(error) else "username"
        raise Invalid(errors={field: ["It is taken."]}) from error
    finally:
        request.session = own


def _send_mail(request: HttpRequest, login: Login) -> None:
    """allauth's mail for a sign-up or an unverified address; after the commit, so that no mail server holds a lock."""

    def send() -> None:
        with request_context(request):
            send_verification_email_at_login(request, login)

    request.allauth.headless = SimpleNamespace(client=Client.APP)  # type: ignore[attr-defined] # no messages for a page
    transaction.on_commit(send)


def sign_in(request: HttpRequest, *, identifier: str, password: str, code: str = "") -> Member:
    """The member with this username or e-mail address and password.

    Raises NotAuthenticated, the same for an unknown name and a wrong password, after the same work (allauth's backend
    hashes in both cases); Forbidden with what is `missing` for a member who is right but may not come in yet (where that
    is a code, SecondFactorRequired); RateLimited for one who tries many codes.
    """
    member = get_adapter().authenticate(request, username=identifier, password=password)
    if not isinstance(member, Member) or not member.is_active:
        raise NotAuthenticated("The name or the password is wrong.")
    if settings.REQUIRE_VERIFIED_EMAIL and not has_verified_email(member):
        _send_mail(request, Login(user=member, email=member.email))
        raise Forbidden("Verify your e-mail address first. We have sent you an e-mail.", missing=["verified_email"])
    if wants_second_factor(member):
        _check_second_factor(request, member, code)
    return member


def wants_second_factor(member: Member) -> bool:
    """Whether the account asks for more than its password."""
    enabled: bool = is_mfa_enabled(member, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
    return enabled


def _check_second_factor(request: HttpRequest, member: Member, code: str) -> None:
    """Counted only behind the right password, so that nobody else uses up the member's tries; no work buys more of them."""
    if not code:
        raise SecondFactorRequired(missing=["second_factor"])
    limit("second-factor", request, account=str(member.pk))
    authenticator = use_code(member, code)
    if authenticator is None:
        raise SecondFactorRequired("This code is wrong.", missing=["second_factor"])
    authenticator.record_usage()
