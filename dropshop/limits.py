"""What may be done how often: `settings.LIMITS` by member, by account and by address, held exactly by `dropshop.buckets`.

Doors call `limit()` or wear `@limited()`; allauth's doors, which are not ours to decorate, are limited by
`LimitedDoors`. Without Redis, buying goes on unlimited and signing in, signing up and
resetting passwords say "busy": a shop that sells without limits for a minute is better than one that does not sell,
and one that lets nobody in for a minute is better than one that lets everybody guess.
"""

import functools
import hmac
import json
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from dropshop import known_devices
from dropshop.buckets import Buckets, Rate, Unavailable
from dropshop.client import client_address
from dropshop.errors import Busy, DropshopError, RateLimited, error_page

# Said instead of a limit when Redis is away: seconds after which trying again is sensible.
TRY_AGAIN_SECONDS = 2


@functools.cache
def buckets(url: str) -> Buckets:
    """The process's buckets at this Redis."""
    return Buckets(url, patience=settings.LIMITS_PATIENCE)


@functools.cache
def rate(text: str) -> Rate:
    """The parsed rate."""
    return Rate.parse(text)


def limit(name: str, request: HttpRequest, *, member: Any = None, account: str | Collection[str] = ()) -> None:
    """Counts one `name` for this request against every limit of `settings.LIMITS[name]`.

    `member` (default: the request's) is counted by "member", `account` (whatever was typed as name or e-mail) by "account". On
    a device where the account's owner has signed in before, it is counted by "device", and by nothing else.
    Raises RateLimited(retry_after seconds) and then counts nothing anywhere; raises Busy where Redis is needed and away.
    """
    scopes = settings.LIMITS[name]
    subjects = {"address": [client_address(request) or "unknown"]}
    if "member" in scopes:
        member = member or getattr(request, "user", None)
        if member is None or not member.is_authenticated:
            # Refused by the view anyway, at no cost. Counting it would let strangers drain the members' address.
            return
        subjects["member"] = [str(member.pk)]
    if "account" in scopes:
        subjects["account"] = sorted({account_key(typed) for typed in ([account] if isinstance(account, str) else account)})
        if "device" in scopes and (known := known_devices.subject_of(request, subjects["account"])):
            subjects = {"device": [known]}  # whatever strangers have done to the account, or neighbours to the address
    wanted = [(f"{name}:{scope}:{subject}", rate(scopes[scope])) for scope in scopes for subject in subjects.get(scope, ())]
    try:
        wait = buckets(settings.REDIS_URL).take(wanted)
    except Unavailable:
        if name not in settings.LIMITS_CLOSED_WITHOUT_REDIS:
            return
        raise Busy(f"Try again in {TRY_AGAIN_SECONDS} seconds.", retry_after=TRY_AGAIN_SECONDS) from None
    if wait:
        raise RateLimited(retry_after=wait)


def limit_each(name: str, askers: Sequence[tuple[str, str]]) -> list[RateLimited | None]:
    """`limit` for many requests at once, given as (member's id, client address): what each would have raised.

    For names that are limited by member and by address and go on without Redis.
    """
    by_member, by_address = rate(settings.LIMITS[name]["member"]), rate(settings.LIMITS[name]["address"])
    wanted = [
        [(f"{name}:member:{member}", by_member), (f"{name}:address:{address or 'unknown'}", by_address)]
        for member, address in askers
    ]
    try:
        waits = buckets(settings.REDIS_URL).take_each(wanted)
    except Unavailable:
        return [None] * len(askers)
    return [RateLimited(retry_after=wait) if wait else None for wait in waits]


def limited(name: str, *, methods: tuple[str, ...] = ("POST",)) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that counts as `name` when called with one of these methods. Below `@api_view`, where there is one."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method in methods:
                limit(name, request)
            return view(request, *args, **kwargs)

        return counted

    return wrap


def account_key(typed: str) -> str:
    """One key for all spellings of a name or e-mail; keyed and hashed, so that Redis holds no addresses of people."""
    spelled = unicodedata.normalize("NFKC", typed).strip().casefold()
    return hmac.new(settings.SECRET_KEY.encode(), b"limits" + spelled.encode(), "sha256").hexdigest()[:32]


def accounts_of(member: Any) -> list[str]:
    """The keys of everything that a sign-in of this member may be counted by."""
    return [account_key(name) for name in (member.get_username(), member.email, str(member.pk)) if name]


class LimitedDoors:
    """Limits views by their names (`settings.LIMITED_DOORS`) whenever they are posted to.

    Stands behind the CSRF check and behind allauth's own middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        match = request.resolver_match
        name = settings.LIMITED_DOORS.get(match.view_name) if match else None
        if name is None or request.method not in {"POST", "PUT", "PATCH"}:
            return None
        try:
            limit(name, request, account=_accounts(request))
        except DropshopError as error:
            return error_page(request, error)
        return None


def _accounts(request: HttpRequest) -> set[str]:
    """Every account this request could be about: all that is typed into it, who is signed in, who is half signed in.

    All of them count, so that no second field, and no form posted as JSON, gets round the limit of the account it means.
    """
    found = {request.POST.get(field) for field in _ACCOUNT_FIELDS}
    if request.content_type != "multipart/form-data":
        found |= {typed.get(field) for typed in [_json_object(request.body)] for field in _ACCOUNT_FIELDS}
    if request.user.is_authenticated:
        found.add(request.user.get_username())
    half_signed_in = request.session.get("account_login")  # allauth's, while it waits for the second factor
    if isinstance(half_signed_in, dict):
        found.add(str(half_signed_in.get("user_pk")))
    return {text for text in found if isinstance(text, str) and text}


_ACCOUNT_FIELDS = ("login", "username", "email")


def _json_object(body: bytes) -> dict[str, Any]:
    """The object, or {} where there is none: what is wrong with it is for the view to say."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
