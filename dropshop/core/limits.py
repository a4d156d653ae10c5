"""What may be done how often: `settings.LIMITS` by member, by account and by address, held exactly.

`dropshop.core.token_buckets` counts.

Doors call `limit()` or wear `@limited()`; allauth's doors, which are not ours to decorate, are limited by
`RateLimitMiddleware`. Without Redis, buying goes on unlimited and signing in, signing up and
resetting passwords say "busy": a shop that sells without limits for a minute is better than one that does not sell,
and one that lets nobody in for a minute is better than one that lets everybody guess.

Where strangers have used up an account's tries, a proof of work pays for one more (`settings.LIMITS_PAID_BY_WORK`).
"""

import functools
import hmac
import json
import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from dropshop.core import known_devices, proof_of_work
from dropshop.core.client_address import client_address
from dropshop.core.errors import Busy, DropshopError, RateLimited, error_page
from dropshop.core.limit_headers import Headers, limit_headers
from dropshop.core.mailboxes import mailbox_key
from dropshop.core.members import Member
from dropshop.core.token_buckets import Rate, RedisUnavailable, TokenBuckets

# A challenge is good once: a bucket of one, which does not fill again before the challenge has run out.
ONCE = Rate.parse(f"1/{2 * proof_of_work.LIFETIME_SECONDS}s")
# Said instead of a limit when Redis is away: seconds after which trying again is sensible.
TRY_AGAIN_SECONDS = 2


@functools.cache
def buckets(url: str) -> TokenBuckets:
    """The process's buckets at this Redis."""
    return TokenBuckets(url, patience=settings.LIMITS_PATIENCE)


@functools.cache
def rate(text: str) -> Rate:
    """The parsed rate."""
    return Rate.parse(text)


def limit(name: str, request: HttpRequest, *, member: Member | None = None, account: str | Collection[str] = ()) -> None:
    """Counts one `name` for this request against every limit of `settings.LIMITS[name]`.

    `member` (default: the request's) is counted by "member", `account` (whatever was typed as name or e-mail) by "account". On
    a device where the account's owner has signed in before, it is counted by "device", and by nothing else.
    Raises RateLimited(retry_after seconds) and then counts nothing anywhere; with the fact `challenge` where work pays for
    another try. Raises Busy where Redis is needed and away.
    """
    scopes = settings.LIMITS[name]
    subjects = {"address": [client_address(request) or "unknown"]}
    accounts: list[str] = []
    if "member" in scopes:
        member = member or getattr(request, "user", None)
        if member is None or not member.is_authenticated:
            # Refused by the view anyway, at no cost. Counting it would let strangers drain the members' address.
            return
        subjects["member"] = [str(member.pk)]
    if "account" in scopes:
        accounts = sorted({account_key(typed) for typed in ([account] if isinstance(account, str) else account)})
        subjects["account"] = accounts
        if "device" in scopes and (known := known_devices.subject_of(request, accounts)):
            subjects = {"device": [known]}  # whatever strangers have done to the account, or neighbours to the address
    if not (wait := _take(name, _wanted(name, subjects), request)):
        return
    paid = settings.LIMITS_PAID_BY_WORK.get(name)
    if not accounts or paid not in settings.LIMITS:
        raise RateLimited(retry_after=wait)
    if not _is_paid(paid, request, accounts):
        raise RateLimited(retry_after=wait, challenge=proof_of_work.offer(accounts))


def _wanted(name: str, subjects: dict[str, list[str]]) -> list[tuple[str, Rate]]:
    scopes = settings.LIMITS[name]
    return [(f"{name}:{scope}:{subject}", rate(scopes[scope])) for scope in scopes for subject in subjects.get(scope, ())]


def _take(name: str, wanted: list[tuple[str, Rate]], request: HttpRequest | None = None) -> float:
    """Seconds until all have a token; 0.0 where they had, or where there is no Redis and this goes on without.

    The `request` is told how they stand then, for its answer.
    """
    try:
        (taken,) = buckets(settings.REDIS_URL).take_each([wanted])
        if request is not None:
            own: Any = getattr(request, "_request", request)  # DRF wraps Django's
            own.rate_limit = limit_headers(wanted, taken.left)
        return taken.wait
    except RedisUnavailable:
        if name not in settings.LIMITS_CLOSED_WITHOUT_REDIS:
            return 0.0
        raise Busy(f"Try again in {TRY_AGAIN_SECONDS} seconds.", retry_after=TRY_AGAIN_SECONDS) from None


def _is_paid(name: str, request: HttpRequest, accounts: list[str]) -> bool:
    """Whether the request brings a solved challenge for these accounts, used here for the first time, within `name`'s limits.

    A challenge is spent before its answer is looked at: looking costs the shop milliseconds, a wrong answer nobody honest has.
    """
    answer = proof_of_work.given(request)
    nonce = proof_of_work.nonce_of(answer, accounts)
    address = client_address(request) or "unknown"
    if not nonce or _take(name, [(f"work:{nonce}", ONCE), *_wanted(name, {"address": [address]})]):
        return False
    return proof_of_work.is_solved(answer) and not _take(name, _wanted(name, {"account": accounts}))


class Counted(NamedTuple):
    """What came of counting one request: the refusal, and the headers that tell its client how it stands."""

    refusal: RateLimited | None
    headers: Headers = ()


def limit_each(name: str, askers: Sequence[tuple[str, str]]) -> list[Counted]:
    """`limit` for many requests at once, given as (member's id, client address): what each would have raised.

    For names that are limited by member and by address and go on without Redis.
    """
    wanted = [_of_member(name, *asker) for asker in askers]
    try:
        each = buckets(settings.REDIS_URL).take_each(wanted)
    except RedisUnavailable:
        return [Counted(None)] * len(askers)
    return [
        Counted(RateLimited(retry_after=taken.wait) if taken.wait else None, limit_headers(those, taken.left))
        for taken, those in zip(each, wanted, strict=True)
    ]


def about_limits(name: str, member: str, address: str) -> Headers:
    """The headers for an answer that counts nothing, from what this process remembers; asks nobody."""
    wanted = _of_member(name, member, address)
    try:
        return limit_headers(wanted, buckets(settings.REDIS_URL).left_about(wanted))
    except RedisUnavailable:
        return ()


def _of_member(name: str, member: str, address: str) -> list[tuple[str, Rate]]:
    return [
        (f"{name}:member:{member}", rate(settings.LIMITS[name]["member"])),
        (f"{name}:address:{address or 'unknown'}", rate(settings.LIMITS[name]["address"])),
    ]


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
    """One key for all spellings of a name or mailbox; keyed and hashed, so that Redis holds no addresses of people."""
    return hmac.new(settings.SECRET_KEY.encode(), b"limits" + mailbox_key(typed).encode(), "sha256").hexdigest()[:32]


def accounts_of(member: Member) -> list[str]:
    """The keys of everything that a sign-in of this member may be counted by."""
    return [account_key(name) for name in (member.get_username(), member.email, str(member.pk)) if name]


class RateLimitMiddleware:
    """Limits views by their names (`settings.LIMITED_DOORS`) whenever they are posted to.

    Stands behind the CSRF check and behind allauth's own middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in getattr(request, "rate_limit", ()):
            response[name] = value
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        match = request.resolver_match
        name = settings.LIMITED_DOORS.get(match.view_name) if match else None
        if name is None or request.method not in {"POST", "PUT", "PATCH"}:
            return None
        try:
            limit(name, request, account=_tried_code(request) if name == "code-try" else _accounts(request))
        except DropshopError as error:
            return _try_again_page(request, error) if _is_form(request, error) else error_page(request, error)
        return None


def _is_form(request: HttpRequest, error: DropshopError) -> bool:
    return "challenge" in error.facts and not request.path.startswith("/api/") and "password" in request.POST


def _try_again_page(request: HttpRequest, error: DropshopError) -> HttpResponseBase:
    """The sign-in form again, whose browser works meanwhile; it repeats the name that was typed, and never the password."""
    facts = {
        "error": error,
        "challenge": json.dumps(error.facts["challenge"]),
        "typed": request.POST.get("login") or request.POST.get("username") or "",
        "action": request.path if request.user.is_authenticated else reverse("account_login"),
        "next": request.POST.get("next") or request.GET.get("next") or "",
    }
    response = render(request, "account/try_again.html", facts, status=error.status)
    response["Retry-After"] = str(max(1, math.ceil(error.retry_after or 0)))
    return response


def _tried_code(request: HttpRequest) -> set[str]:
    """A code that came by e-mail is good for its session alone, so its guesses are counted there, and lock nobody else out."""
    return {f"session {request.session.session_key}"} if request.session.session_key else set()


def _accounts(request: HttpRequest) -> set[str]:
    """Every account this request could be about: all that is typed into it, who is signed in, who is half signed in.

    All of them count, so that no second field, and no form posted as JSON, gets round the limit of the account it means.
    """
    found = {request.POST.get(field) for field in _ACCOUNT_FIELDS}
    if request.content_type != "multipart/form-data":
        found |= {typed.get(field) for typed in [_json_object(request.body)] for field in _ACCOUNT_FIELDS}
    if request.user.is_authenticated:
        found |= {request.user.get_username(), str(request.user.pk)}
    half_signed_in = request.session.get("account_login")  # allauth's
    if isinstance(half_signed_in, dict) and _waits_for_second_factor(half_signed_in):
        found.add(str(half_signed_in.get("user_pk")))
    return {text for text in found if isinstance(text, str) and text}


def _waits_for_second_factor(half_signed_in: dict[str, Any]) -> bool:
    """Only then is it said who it is; who waits for a code by e-mail may be nobody, and must be counted no differently."""
    stages = (half_signed_in.get("state") or {}).get("stages") or {}
    return bool(stages.get("current") == "mfa_authenticate")


_ACCOUNT_FIELDS = ("login", "username", "email")


def _json_object(body: bytes) -> dict[str, Any]:
    """The object, or {} where there is none: what is wrong with it is for the view to say."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
