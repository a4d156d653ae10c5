"""Pages of other sites may call the API where an operator says so, and nowhere else; by every way to an answer."""

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from dropshop.core.response_headers import cors_headers
from dropshop.edge.page_cache import PageCache
from tests.harness.fresh_settings import read_settings
from tests.make import make_drop

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


@pytest.fixture
def one_transaction(db: None) -> Iterator[None]:
    """The test's transaction stays open when a request is over."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_an_answer_that_visitors_share_is_told_to_each_site_as_it_may_read_it(open_to_friends, one_transaction):
    make_drop()
    pages = PageCache(WSGIHandler(), seconds=60)
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/drops", "QUERY_STRING": "", "HTTP_HOST": "testserver",
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "SCRIPT_NAME": "",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
    }  # fmt: skip

    def told(origin: str) -> dict[str, str]:
        found: list[Any] = []
        b"".join(pages(environ | {"HTTP_ORIGIN": origin}, lambda status, headers, exc_info=None: found.append(headers)))
        return {name.lower(): value for name, value in found[-1]}

    friend, stranger, again = told(FRIEND), told(STRANGER), told(FRIEND)
    assert (friend.get(ALLOW), stranger.get(ALLOW), again.get(ALLOW)) == (FRIEND, None, FRIEND)
    assert "origin" in friend["vary"].lower()
    assert friend["etag"] == stranger["etag"] == again["etag"]
