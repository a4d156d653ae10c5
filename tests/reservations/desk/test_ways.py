"""Whichever way a request takes, by the desk or by the ordinary view, it gets the same answer with the same headers."""

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.headless.tokens.strategies.jwt import internal as jwt
from allauth.usersessions import app_settings as usersessions
from django.conf import settings as shop

from dropshop.core.api import sign_ins
from reservations.desk import group_commit
from tests.reservations.desk.kinds import BY_TOKEN, CASES, PLAIN, change_password, deactivate
from tests.reservations.desk.ways import HOST, Request, seen, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def both_ways(by, prepare):
    """What the desk and the ordinary view answer to such a request, each to one of its own; and the view's request."""
    requests = [Request(by), Request(by)]
    for request in requests:
        prepare(request)
    desk, view = requests
    return send(desk, doors=True), send(view, doors=False), view


@pytest.mark.parametrize("by", ["cookie", "token"])
@pytest.mark.parametrize("case", PLAIN)
def test_the_desk_answers_whoever_is_signed_in_as_the_view_does(by, case):
    status, prepare = PLAIN[case]
    desk, view, _ = both_ways(by, prepare)
    assert (desk.by_desk, view.by_desk) == (True, False)
    assert desk.status == status
    assert seen(desk) == seen(view)


@pytest.mark.parametrize(("by", "case", "expected"), [pytest.param(*case, id=f"{case[1]}, by {case[0]}") for case in CASES])
def test_whatever_is_unusual_is_left_to_the_view(by, case, expected):
    status, prepare = expected
    desk, view, request = both_ways(by, prepare)
    assert desk.status == status, desk.body
    assert seen(desk) == seen(view)
    assert request.drop.reservations.count() == (status in (200, 201))


def test_an_answer_to_a_cookie_says_that_it_varies_by_it_and_no_other_does():
    answers = [send(Request(by), doors=True) for by in ("cookie", "token", "pass")]
    assert [answer.by_desk for answer in answers] == [True] * 3
    assert [dict(answer.headers).get("vary") for answer in answers] == ["Cookie", None, None]


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_over_https_a_request_comes_from_a_page_of_this_site(by):
    """Without an Origin its Referer must be of the shop (CSRF); a token needs neither."""
    for referer, status in (
        (None, 403),
        ("https://evil.example/", 403),
        ("http://localhost/", 403),
        (f"https://{HOST}/", 201),
    ):

        def prepare(request, referer=referer):
            request.scheme = "https"
            request.headers |= {"referer": referer} if referer else {}

        desk, view, _ = both_ways(by, prepare)
        assert desk.status == (status if by == "cookie" else 201)
        assert seen(desk) == seen(view)
        assert desk.by_desk == (desk.status == 201)


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_who_must_confirm_an_address_first_is_told_so_and_who_has_is_served_by_the_desk(by, settings):
    settings.REQUIRE_VERIFIED_EMAIL = True
    refused, welcome = (Request(by) for _ in range(2))
    EmailAddress.objects.create(user=welcome.member, email=welcome.member.email, verified=True)
    EmailAddress.objects.create(user=refused.member, email=refused.member.email, verified=False)
    answers = [send(request, doors=True) for request in (refused, welcome)]
    assert [(answer.status, answer.by_desk) for answer in answers] == [(403, False), (201, True)]
    assert answers[0].body["missing"] == ["verified_email"]


def test_a_session_whose_secret_has_been_replaced_is_written_anew_by_the_view(settings):
    request = Request("cookie")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [shop.SECRET_KEY], "another" * 10
    answer = send(request, doors=True)
    assert (answer.status, answer.by_desk) == (201, False)
    assert "set-cookie" in dict(answer.headers)


@pytest.mark.parametrize("by", ["cookie", "token", "pass"])
def test_a_limit_that_is_reached_is_told_alike(by, settings):
    settings.LIMITS = settings.LIMITS | {"reserve": {"member": "2/1h", "address": "600/10s"}}
    told = []
    for doors in (True, False):
        request = Request(by)
        told.append([send(request, doors=doors) for _ in range(3)])
    desk, view = told
    assert [answer.status for answer in desk] == [201, 200, 429]
    assert [answer.by_desk for answer in desk] == [True] * 3
    policies = [[dict(answer.headers)["ratelimit-policy"] for answer in answers] for answers in told]
    assert policies[0] == policies[1]
    assert seen(desk[0]) == seen(view[0])


def test_what_the_view_leaves_undone_for_a_plain_request_the_desk_may_leave_undone_too():
    """Whoever adds to these looks at what the desk must do then."""
    assert [
        "dropshop.core.logs.RequestLog",
        *shop.HEADER_MIDDLEWARE,
        "dropshop.operating.health.HealthMiddleware",
        "dropshop.edge.request_checks.RequestChecks",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "allauth.usersessions.middleware.UserSessionsMiddleware",
        "community.accounts.linked_accounts.DeviceCookieMiddleware",
        "dropshop.core.limits.RateLimitMiddleware",
        "dropshop.core.errors.DropshopErrorMiddleware",
    ] == shop.MIDDLEWARE
    assert (shop.SESSION_SAVE_EVERY_REQUEST, shop.CSRF_USE_SESSIONS, usersessions.TRACK_ACTIVITY) == (False, False, False)
    assert shop.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] == [
        "dropshop.core.api.authentication.BearerAuthentication",
        "dropshop.core.api.authentication.CookieAuthentication",
    ]


@pytest.mark.parametrize("guard", ["has_password", "is_subject", "may_sign_in"])
def test_without_a_guard_the_desk_would_let_somebody_in_whom_the_view_refuses(guard, monkeypatch):
    """The control of the table above: each condition is what refuses its case."""
    always = {"has_password": "constant_time_compare", "is_subject": "user_id_to_str", "may_sign_in": "load_backend"}[guard]
    spoil = {
        "has_password": change_password,
        "may_sign_in": deactivate,
        "is_subject": BY_TOKEN["a token for another member"][1],
    }
    guarded, unguarded = (Request("token" if guard == "is_subject" else "cookie") for _ in range(2))
    for request in (guarded, unguarded):
        spoil[guard](request)
    assert send(guarded, doors=True).status == 401
    free = {
        "constant_time_compare": lambda one, other: True,
        "user_id_to_str": lambda member: jwt.decode_token(unguarded.headers["authorization"][7:], "access")["sub"],
        "load_backend": lambda path: SimpleNamespace(user_can_authenticate=lambda member: True),
    }
    monkeypatch.setattr(sign_ins, always, free[always])
    answer = send(unguarded, doors=True)
    # Whose account is closed is refused once more, under the lock.
    assert (answer.status, answer.by_desk) == (403 if guard == "may_sign_in" else 201, True)


def test_where_too_many_stand_in_line_sign_ins_take_turns_at_the_view(monkeypatch):
    monkeypatch.setattr(group_commit, "MIN_WAITING", 0)
    answer = send(Request("cookie"), doors=True)
    assert (answer.status, answer.by_desk) == (201, False)
