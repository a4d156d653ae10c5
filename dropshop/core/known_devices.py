"""Devices that have signed in before: a signed cookie, bound to the member, that no script reads.

Guesses from everywhere empty the bucket of the account they guess at. Whoever has signed in on this device before counts in a
bucket of their own, so that no stranger locks them out; a stolen cookie guesses no faster than a stranger does.
"""

import secrets
from collections.abc import Collection

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from dropshop.core.members import Member

COOKIE = "known_device"
SALT = "dropshop.known_device"
COOKIE_SECONDS = 400 * 24 * 3600  # the longest browsers keep one
MAX_MEMBERS = 5  # a family's; the one who signed in longest ago is forgotten first


def subject_of(request: HttpRequest, accounts: Collection[str]) -> str:
    """Member and device, where all these accounts (as keys) are of one member who signed in here before; else ""."""
    device, members = _read(request)
    wanted = set(accounts)
    known = (pk for pk, keys in members.items() if wanted and wanted <= set(keys))
    return next((f"{pk}:{device}" for pk in known), "")


def remember(response: HttpResponseBase, request: HttpRequest, member: Member, accounts: Collection[str]) -> None:
    """The device knows this member from now on, by these accounts (as keys); nothing happens where it does already."""
    device, members = _read(request)
    pk, keys = str(member.pk), sorted(accounts)
    if members.get(pk) == keys:
        return
    others = [(known, theirs) for known, theirs in members.items() if known != pk][-(MAX_MEMBERS - 1) :]
    said = {"device": device or secrets.token_hex(16), "members": dict([*others, (pk, keys)])}
    response.set_cookie(
        COOKIE,
        signing.dumps(said, salt=SALT),
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, dict[str, list[str]]]:
    """The device's name and, by member, the keys of their accounts; nothing where the cookie is missing or not ours."""
    try:
        said = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return "", {}
    return said["device"], said["members"]
