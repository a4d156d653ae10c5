"""Pages of other sites may call the API where an operator says so, and nowhere else; by every way to an answer."""

from typing import Any

import pytest
from django.test import Client

from dropshop.core.response_headers import cors_headers
from tests.harness.fresh_settings import read_settings
from tests.pages.asked import Counting, ask, shared

FRIEND, STRANGER = "https://friends.example", "https://evil.example"
MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
ALLOW = "access-control-allow-origin"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-drop-pass"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_to_friends(settings: Any) -> Any:
    settings.CORS_ALLOWED_ORIGINS = [FRIEND]
    place = settings.MIDDLEWARE.index("dropshop.operating.health.HealthMiddleware")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], MIDDLEWARE, *settings.MIDDLEWARE[place:]]
    cors_headers.cache_clear()
    yield
    cors_headers.cache_clear()


def test_no_other_site_is_let_in_unless_an_operator_says_so(settings):
    cors_headers.cache_clear()
    assert (settings.CORS_ALLOWED_ORIGINS, MIDDLEWARE in settings.MIDDLEWARE) == ([], False)
    answer = Client().get("/api/v1/drops", headers={"Origin": FRIEND})
    assert ALLOW not in answer.headers
    assert cors_headers(FRIEND.encode()) == ()


def test_the_setting_brings_the_middleware(monkeypatch):
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", FRIEND)
    assert MIDDLEWARE in read_settings()["MIDDLEWARE"]
    monkeypatch.undo()
    assert MIDDLEWARE not in read_settings()["MIDDLEWARE"]


def test_a_page_of_a_known_site_may_ask_and_read_what_clients_need(open_to_friends):
    asked = Client().options("/api/v1/drops/x/reserve", headers={"Origin": FRIEND, **PREFLIGHT})
    assert (asked.status_code, asked[ALLOW]) == (200, FRIEND)
    assert {"authorization", "x-drop-pass", "idempotency-key"} <= set(asked["access-control-allow-headers"].split(", "))
    answer = Client().get("/api/v1/users/me", headers={"Origin": FRIEND})
    assert (answer.status_code, answer[ALLOW]) == (401, FRIEND)
    exposed = {"ETag", "Location", "RateLimit", "Retry-After", "Idempotent-Replayed", "X-Request-ID"}
    assert exposed <= set(answer["access-control-expose-headers"].split(", "))
    assert "access-control-allow-credentials" not in answer.headers  # cookies stay at home


@pytest.mark.parametrize("path", ["/api/v1/drops", "/"])
def test_nobody_else_may_and_no_page_is_open_to_other_sites(open_to_friends, path):
    answers = [Client().get(path, headers={"Origin": origin}) for origin in (STRANGER, "null", f"{FRIEND}.evil.example")]
    assert [ALLOW in answer.headers for answer in answers] == [False] * 3
    assert (ALLOW in Client().get("/", headers={"Origin": FRIEND}).headers) is False


def test_an_answer_that_visitors_share_is_told_to_each_site_as_it_may_read_it(open_to_friends):
    shop = Counting(headers=[("ETag", '"one"'), ("Vary", "origin")])
    pages = shared(shop)
    friend, stranger, again = (ask(pages, "/api/v1/drops", HTTP_ORIGIN=site).headers for site in (FRIEND, STRANGER, FRIEND))
    assert (friend.get(ALLOW), stranger.get(ALLOW), again.get(ALLOW)) == (FRIEND, None, FRIEND)
    assert "origin" in friend["vary"].lower()
    assert (friend["etag"], len(shop.seen), "HTTP_ORIGIN" in shop.seen[0]) == ('"one"', 1, False)
