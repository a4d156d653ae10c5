"""The member's own account: `users/me` and `users/me/export`."""

from django.contrib.auth.hashers import check_password
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.accounts.api import WORK
from community.accounts.fresh_sign_in import SignInAgain, require_fresh
from community.accounts.registration import wants_second_factor
from community.people.models import Member
from community.people.profile import clean_display_name, store
from community.personal_data import erasure
from community.personal_data.export import everything_about, profile
from community.personal_data.serializers import (
    REAL_NAME_LENGTH,
    ExportSerializer,
    PasswordSerializer,
    PatchedProfile,
    ProfileChangesSerializer,
    ProfileSerializer,
)
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import ConcurrentUpdate, Invalid, RateLimited
from dropshop.core.limits import limit, limited
from dropshop.core.text import clean_text

GET, PATCH, DELETE = ["GET"], ["PATCH"], ["DELETE"]


@extend_schema(methods=GET, operation_id="get_me", summary="My profile", tags=["users"], responses=ProfileSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_me",
    summary="Change my profile",
    tags=["users"],
    request=PatchedProfile,
    responses=ProfileSerializer,
)
@extend_schema(
    methods=DELETE,
    operation_id="erase_me",
    summary="Erase my account",
    description="Holds are given back and sign-ins end; name and e-mail address are forgotten. Purchases stay, without a name.",
    tags=["users"],
    parameters=[WORK],
    responses={204: None, **problem_responses(SignInAgain, ConcurrentUpdate, RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"], delete_takes=PasswordSerializer)
def me(request: Request) -> Response:
    """Who I am (GET), what I change about it (PATCH), and the end of it (DELETE)."""
    member = member_of(request)
    if request.method == "DELETE":
        return _erase(request, member)
    if request.method == "PATCH":
        changes = validated(ProfileChangesSerializer(data=request.data, partial=True))
        if "display_name" in changes:
            changes["display_name"] = clean_display_name(changes["display_name"], member=member)
        for name in {"first_name", "last_name"} & {*changes}:
            changes[name] = clean_text(changes[name], limit=REAL_NAME_LENGTH, field=name, required=False, lines=False)
        store(member, **changes)
    return Response(profile(member))


def _erase(request: Request, member: Member) -> Response:
    if wants_second_factor(member) or not member.has_usable_password():
        require_fresh(request)  # by more than a password, or by whoever signs them in
    if not member.has_usable_password():
        erasure.erase(member)
        return Response(status=204)
    said = validated(PasswordSerializer(data=request.data))
    limit("sign-in", request._request, account=member.get_username())
    if not check_password(said["password"], member.password):
        raise Invalid(errors={"password": ["This is not your password."]})
    erasure.erase(member)
    return Response(status=204)


@extend_schema(
    operation_id="export_me",
    summary="Everything we hold about me",
    tags=["users"],
    description="For who has signed in within the last five minutes.",
    responses={200: ExportSerializer, **problem_responses(SignInAgain, RateLimited)},
)
@api_view(["GET"])
@limited("export")
def export(request: Request) -> Response:
    """Profile, e-mail addresses, reservations, purchases with their addresses, sign-ins, and all of the community."""
    require_fresh(request)
    return Response(everything_about(member_of(request)))
