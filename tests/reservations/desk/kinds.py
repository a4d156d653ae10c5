"""Kinds of requests: what is plain, and is answered by the desk, and what is unusual, and left to the ordinary view."""

import base64
from datetime import timedelta

from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from community.accounts import sessions
from community.models import Member
from drops.models import Drop
from dropshop.core.clock import database_time
from tests.make import make_member, make_purchase, make_reservation


def stored(request):
    return Session.objects.get(pk=request.session)


def rewrite_session(request, **facts):
    session = stored(request)
    session.session_data = SessionStore().encode(SessionStore().decode(session.session_data) | facts)
    session.save()


def give_to_another(request):
    rewrite_session(request, _auth_user_id=str(make_member(password="another-long-one").pk))


def change_password(request):
    request.member.set_password("another-long-passphrase")
    request.member.save()


def update(request, **facts):
    Drop.objects.filter(pk=request.drop.pk).update(**facts)


def begins_in(hours):
    def prepare(request):
        begins = database_time() + timedelta(hours=hours)
        update(request, starts_at=begins, ends_at=begins + timedelta(minutes=50))

    return prepare


def set_header(name, value):
    return lambda request: request.headers.update({name: value})


def drop_header(name):
    return lambda request: request.headers.pop(name)


def set_cookie(name, value):
    return lambda request: request.cookies.update({name: value})


def set_body(body):
    return lambda request: setattr(request, "body", body)


def set_path(of, root="/api/v1/drops"):
    return lambda request: setattr(request, "path", f"{root}/{of(request.drop)}")


def send_twice(name):
    return lambda request: request.more.extend([(name, "1.2.3.4"), (name, "5.6.7.8")])


def end_sessions(request):
    Session.objects.all().delete()


def expire_sessions(request):
    Session.objects.update(expire_date=database_time() - timedelta(seconds=1))


def deactivate(request):
    Member.objects.filter(pk=request.member.pk).update(is_active=False)


# What is as it should be: the desk answers, and says yes or no in the words of the view.
PLAIN = {
    "a pair": (201, lambda request: None),
    "none of this size": (400, set_body({"size": "7"})),
    "no size where one must be chosen": (400, set_body({})),
    "an empty body": (400, set_body(b"")),
    "a size by another spelling": (201, set_body({"size": "9.0"})),
    "a hold that is there": (200, lambda request: make_reservation(request.member, request.drop, "10")),
    "every pair held": (409, lambda request: [make_reservation(make_member(), request.drop, "9") for _ in range(2)]),
    "sold out": (409, lambda request: [make_purchase(make_member(), request.drop, "9") for _ in range(2)]),
    "a limit that is reached": (409, lambda request: make_purchase(request.member, request.drop, "10")),
    "before it opens": (409, begins_in(1)),
    "after it has ended": (409, begins_in(-1)),
    "by the slug of the drop": (201, set_path(lambda drop: f"{drop.slug}/reserve")),
    "an id in capitals": (
        201,
        set_path(lambda drop: f"{str(drop.pk).upper()}/reserve"),
    ),
    "a slash behind it": (201, set_path(lambda drop: f"{drop.pk}/reserve/")),
    "a charset": (201, set_header("content-type", "application/json; charset=UTF-8")),
    "a device": (201, set_cookie("device", "a" * 32)),
    "its own request id": (201, set_header("x-request-id", "one-that-was-sent")),
    "a proxy's header twice": (
        201,
        send_twice("x-forwarded-for"),
    ),
}


# What is not as it should be with anybody's request: the view answers, whoever was asked first.
UNUSUAL = {
    "signed out": (401, end_sessions),
    "an expired session": (401, expire_sessions),
    "shut out": (401, deactivate),
    "another password": (401, change_password),
    "no such drop": (404, set_path(lambda drop: "none-of-ours/reserve")),
    "no such id": (404, set_path(lambda drop: f"{drop.sneaker_id}/reserve")),
    "a draft": (404, lambda request: update(request, published=False)),
    "karma that is lacking": (403, lambda request: update(request, min_karma=50)),
    "no JSON": (400, set_body(b"{")),
    "a list": (400, set_body([1])),
    "an unknown field": (400, set_body({"size": "9", "colour": "red"})),
    "no size but null": (400, set_body({"size": None})),
    "a number for a size": (201, set_body({"size": 9})),
    "a truth for a size": (400, set_body({"size": True})),
    "spaces around it": (201, set_body({"size": " 9 "})),
    "an empty size": (400, set_body({"size": ""})),
    "a size too long": (400, set_body({"size": "9" * 21})),
    "a NUL in it": (400, set_body({"size": "\0"})),
    "half a letter": (400, set_body(b'{"size": "\\ud800"}')),
    "a byte that is no UTF-8": (400, set_body(b'{"size": "\xff"}')),
    "too much": (400, set_body({"size": "9" * 5000})),
    "a form": (415, set_header("content-type", "application/x-www-form-urlencoded")),
    "no type": (415, drop_header("content-type")),
    "another charset": (201, set_header("content-type", "application/json; charset=utf-16")),
    "parameters": (400, lambda request: setattr(request, "query", b"x=1")),
    "a header twice": (201, send_twice("x-odd")),
    "a NUL in a cookie": (400, set_cookie("odd", '"\\000"')),
    "another host": (400, set_header("host", "evil.example")),
    "HTML wanted": (406, set_header("accept", "text/html")),
}
BY_COOKIE = {
    "no CSRF token": (403, drop_header("x-csrftoken")),
    "another's CSRF token": (403, set_header("x-csrftoken", "d" * 32)),
    "a CSRF token of the wrong length": (403, set_header("x-csrftoken", "c" * 31)),
    "a CSRF token of odd letters": (403, set_header("x-csrftoken", "é" * 32)),
    "no CSRF cookie": (403, lambda request: request.cookies.pop("csrftoken")),
    "a CSRF cookie of the wrong length": (403, set_cookie("csrftoken", "c" * 5)),
    "another site": (403, set_header("origin", "https://evil.example")),
    "an opaque origin": (403, set_header("origin", "null")),
    "this site by another port": (403, set_header("origin", "http://localhost:81")),
    "a session of nobody": (401, set_cookie("sessionid", "a" * 32)),
    "a session that is no key": (401, set_cookie("sessionid", "short")),
    "a session's key and more": (401, lambda request: request.cookies.update(sessionid=request.session + "0" * 8)),
    "a session without a member": (401, lambda request: rewrite_session(request, _auth_user_id=NOBODY)),
    "a session of another's member": (401, give_to_another),
    "a session by a way in that is closed": (401, lambda request: rewrite_session(request, _auth_user_backend="gone.Backend")),
    "a session with another hash": (401, lambda request: rewrite_session(request, _auth_user_hash="0" * 64)),
    "a session without a hash": (401, lambda request: rewrite_session(request, _auth_user_hash="")),
    "a session that somebody has written": (401, lambda request: Session.objects.update(session_data="e30:x:y")),
    "signed out everywhere else": (401, lambda request: sessions.end([request.session])),
    "a cookie only": (403, lambda request: (request.headers.pop("x-csrftoken"), request.cookies.pop("csrftoken"))),
    "another way to sign in, too": (401, set_header("authorization", "Bearer rubbish")),
    "a name and password, too": (201, set_header("authorization", "Basic YTpi")),
    "a pass that is none, too": (401, set_header("x-drop-pass", "rubbish")),
}


def forged(claims, **how):
    """A token that says this, as a sign-in would have made it but for `how`."""
    return jwt.create_token("access", **{"sub": claims["sub"], "sid": claims["sid"], "expires_in": 900, **how})[0]


def with_token(change):
    def prepare(request):
        token = request.headers["authorization"].removeprefix("Bearer ")
        request.headers["authorization"] = f"Bearer {change(token, jwt.decode_token(token, 'access'))}"

    return prepare


def unsigned(token, claims):
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def refresh_token(request):
    refresh, _ = jwt.create_token(
        "refresh", sub=str(request.member.pk), sid=jwt.session_key_to_sid(request.session), expires_in=900
    )
    request.headers["authorization"] = f"Bearer {refresh}"


UNKNOWN_SESSION = jwt.session_key_to_sid("a" * 32)
NOBODY = "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b"
TOWER = f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.e30.x"
BY_TOKEN = {
    "a token altered": (401, with_token(lambda token, claims: token[:-3] + ("abc" if token[-3:] != "abc" else "xyz"))),
    "a token cut short": (401, with_token(lambda token, claims: token[:40])),
    "a token without a signature": (401, with_token(unsigned)),
    "a token that has run out": (401, with_token(lambda token, claims: forged(claims, expires_in=-1))),
    "a token for another member": (401, with_token(lambda token, claims: forged(claims, sub=str(make_member().pk)))),
    "a token for nobody": (401, with_token(lambda token, claims: forged(claims, sub=""))),
    "a token for another session": (
        401,
        with_token(lambda token, claims: forged(claims, sid=UNKNOWN_SESSION)),
    ),
    "a token for no session": (401, with_token(lambda token, claims: forged(claims, sid="????"))),
    "a token to refresh with": (401, refresh_token),
    "two tokens": (401, with_token(lambda token, claims: f"{token} {token}")),
    "no token": (401, set_header("authorization", "Bearer")),
    "a tower of brackets": (
        401,
        with_token(lambda token, claims: TOWER),
    ),
    "another keyword": (
        401,
        set_header("authorization", "Token abc"),
    ),
}
CASES = [
    *((by, *case) for by in ("cookie", "token") for case in UNUSUAL.items()),
    *(("cookie", *case) for case in BY_COOKIE.items()),
    *(("token", *case) for case in BY_TOKEN.items()),
]
