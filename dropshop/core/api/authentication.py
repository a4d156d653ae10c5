"""Who calls: a Bearer token of allauth's JWT strategy, or the session cookie (then with CSRF)."""

from typing import Any, cast

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt.internal import session_key_from_sid
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, UnsupportedMediaType
from rest_framework.request import Request, is_form_media_type

from dropshop.core.members import Member


class BearerAuthentication(JWTTokenAuthentication):
    """`Authorization: Bearer <access>`; the token's session must still stand, so a sign-out ends it at once."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """The member and the token's claims; AuthenticationFailed for anything else."""
        try:
            return super().authenticate_credentials(key)
        except AuthenticationFailed:
            raise AuthenticationFailed("This access token is not valid, or no longer valid.") from None


class CookieAuthentication(SessionAuthentication):
    """The browser's session cookie; anything but reading wants the CSRF token in `X-CSRFToken`."""

    def enforce_csrf(self, request: Request) -> None:
        """Django's check, for JSON alone: it would read a form's token, and DRF then take the form for a body."""
        if is_form_media_type(request.content_type):
            raise UnsupportedMediaType(request.content_type)
        super().enforce_csrf(request)


def member_of(request: Request) -> Member:
    """The member who calls; for views that let nobody else in."""
    return cast(Member, request.user)


def session_key_of(request: Request) -> str:
    """The key of the session behind this request: for tokens, that of their family; "" for a visitor's."""
    if isinstance(request.auth, dict):
        return session_key_from_sid(request.auth["sid"]) or ""
    return request._request.session.session_key or ""


class BearerScheme(OpenApiAuthenticationExtension):
    """For the document."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "`access` of users/register, users/login or users/token/refresh; good for 15 minutes.",
        }


class CookieScheme(OpenApiAuthenticationExtension):
    """For the document."""

    target_class = CookieAuthentication
    name = "cookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The browser's session. Requests that change something also need the `X-CSRFToken` header.",
        }
