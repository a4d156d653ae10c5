"""`call`: the API as a program calls it, one per person."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory


class Caller:
    """JSON in and out; signed in by Bearer token once `sign_in` was called."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers: dict[str, str] = {}
        self.refresh = ""

    def sign_in(self, member: Any) -> "Caller":
        """As after users/login, without the price of hashing a password."""
        from community.accounts import tokens

        access, self.refresh = tokens.issue(member, request=RequestFactory().post("/"))
        self.headers["Authorization"] = f"Bearer {access}"
        return self

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if body is None else "application/json"
        return self.client.generic(method, f"/api/v1/{path}", sent, kind, headers={**self.headers, **named})

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("DELETE", path, body, **headers)


@pytest.fixture
def fresh_buckets(settings: Any) -> None:
    """This test has its limits to itself, and Redis may take its time on a busy machine."""
    from dropshop.core.limits import buckets

    settings.LIMITS_PATIENCE = 10
    buckets.cache_clear()
    buckets(settings.REDIS_URL).redis.flushdb()


@pytest.fixture
def call(fresh_buckets: None) -> Caller:
    """A visitor."""
    return Caller()


@pytest.fixture
def as_member(fresh_buckets: None) -> Callable[[Any], Caller]:
    """`as_member(alice)` calls with alice's token."""
    return lambda member: Caller().sign_in(member)
