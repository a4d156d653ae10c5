"""Signing up, in and out: `users/register`, `users/login`, `users/token/refresh`, `users/logout`."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from community.accounts import new_devices, registration, tokens
from community.accounts.serializers import (
    LoginSerializer,
    RefreshSerializer,
    RegisteredSerializer,
    RegisterSerializer,
    TokensSerializer,
)
from community.people.models import Member
from dropshop.core import known_devices, proof_of_work
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import Forbidden, NotAuthenticated, RateLimited
from dropshop.core.limits import accounts_of, limit
from reservations.idempotency.api import REPLAYED, keeps_key, key_of
from reservations.idempotency.keys import StoredResponse, run_once

WORK = OpenApiParameter(
    proof_of_work.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A solved `challenge` of a 429: base64 of ALTCHA's JSON; good for one use.",
)


@keeps_key
@extend_schema(
    operation_id="register",
    summary="Register",
    description="`access` and `refresh` are absent while e-mail addresses must be verified: an e-mail is sent then.",
    tags=["users"],
    request=RegisterSerializer,
    responses={201: RegisteredSerializer, **problem_responses(RateLimited)},
)
@api_view(["POST"], creates="users/me")
@authentication_classes([])
@permission_classes([AllowAny])
def register(request: Request) -> Response:
    """A new account. The same Idempotency-Key and body: the same account with fresh tokens, which are never stored."""
    limit("sign-up", request._request, account=_typed_email(request) or ())  # before the serializer, which looks names up
    said = validated(RegisterSerializer(data=request.data))
    # Before the transaction: PostgreSQL ends a transaction that is idle for long.
    hashed = make_password(said["password"])
    made: list[registration.Registered] = []

    def act() -> StoredResponse:
        made.append(registration.register(request._request, **said, hashed=hashed))
        return StoredResponse(201, made[0].facts)

    answer = run_once(key_of(request), act)
    body = dict(answer.body)
    if not settings.REQUIRE_VERIFIED_EMAIL:
        member = made[0].member if made else _still_theirs(body["id"], said["password"])
        body |= tokens.issue(member, request=request._request).facts if member else {}
    return Response(body, status=answer.status, headers={} if made else REPLAYED)


def _typed_email(request: Request) -> str:
    """Whatever was typed there; "" for nothing."""
    email = request.data.get("email", "") if isinstance(request.data, dict) else ""
    return email[:1000] if isinstance(email, str) else ""


def _still_theirs(member_id: str, password: str) -> Member | None:
    """The member who was registered before, as long as they may sign in with this password alone."""
    member = Member.objects.filter(pk=member_id, is_active=True).first()
    if member is None or registration.wants_second_factor(member):
        return None
    return member if member.check_password(password) else None


@extend_schema(
    operation_id="login",
    summary="Sign in",
    description="An unknown name and a wrong password answer the same. 403 names what is `missing`: `verified_email` "
    "(an e-mail has been sent), or `second_factor` (send its `code` too). A 429 with a `challenge` (ALTCHA, "
    "version 2) lets one more try through: solve it and send the same again with the solution in `X-Work`.",
    tags=["users"],
    request=LoginSerializer,
    parameters=[WORK],
    responses={200: TokensSerializer, **problem_responses(NotAuthenticated, Forbidden, RateLimited)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def login(request: Request) -> Response:
    """Tokens of a new family."""
    said = validated(LoginSerializer(data=request.data))
    limit("sign-in", request._request, account=said["identifier"])
    member = registration.sign_in(request._request, **said)
    new_devices.tell(request._request, member, has_cookies=False)
    response = Response(tokens.issue(member, request=request._request).facts)
    known_devices.remember(response, request._request, member, accounts_of(member))
    return response


@extend_schema(
    operation_id="refresh_token",
    summary="New tokens",
    description="The old refresh token no longer works. Using it again ends the whole sign-in, because somebody has a copy.",
    tags=["users"],
    request=RefreshSerializer,
    responses={200: TokensSerializer, **problem_responses(NotAuthenticated)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def refresh(request: Request) -> Response:
    """The next tokens of the family."""
    return Response(tokens.refresh(validated(RefreshSerializer(data=request.data))["refresh"]).facts)


@extend_schema(
    operation_id="logout",
    summary="Sign out",
    description="Ends the sign-in: its access tokens stop working at once. Also 204 when it had already ended.",
    tags=["users"],
    request=RefreshSerializer,
    responses={204: None, **problem_responses(NotAuthenticated)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def logout(request: Request) -> Response:
    """Nothing."""
    tokens.revoke(validated(RefreshSerializer(data=request.data))["refresh"])
    return Response(status=204)
