"""Members at the API of a shop of real processes: signed in by session cookie, so that thousands of them cost nothing."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import httpx

CSRF = "c" * 32
PAST_THE_DESK = {"odd": "\\"}  # a cookie by which the desk leaves a request to the ordinary view


def sign_in_all(members: Sequence[Any]) -> list[dict[str, str]]:
    """A session for each member, as a sign-in would have made it; the cookies of each, in their order."""
    from datetime import timedelta

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    store, keys = SessionStore(), [secrets.token_hex(16) for _ in members]
    Session.objects.bulk_create(
        Session(
            session_key=key,
            session_data=store.encode(
                {
                    SESSION_KEY: str(member.pk),
                    BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
                    HASH_SESSION_KEY: member.get_session_auth_hash(),
                }
            ),
            expire_date=timezone.now() + timedelta(days=2),
        )
        for key, member in zip(keys, members, strict=True)
    )
    return [{"sessionid": key, "csrftoken": CSRF} for key in keys]


def tickets(members: Sequence[Any], drops: Sequence[Any], cookies: Sequence[dict[str, str]]) -> list[str]:
    """A pass for each member, as `drops/{id}/pass` would have issued it to that session; "" where there is no drop."""
    from dropshop.core.clock import database_time
    from reservations.passes import tokens

    now, trios = database_time(), zip(members, drops, cookies, strict=True)
    return [tokens.issue_pass(member, drop, cookie["sessionid"], at=now).text if drop else "" for member, drop, cookie in trios]


class Shopper:
    """One member's calls: `await shopper.post("drops/7/reserve", {...})`. Every one is on its own connection.

    With a `ticket`, a drop's pass, they are sent to the desk.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, cookies: dict[str, str], ticket: str = "") -> None:
        self.client, self.url = client, f"{url}/api/v1/"
        self.headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-CSRFToken": CSRF}
        self.headers |= {"X-Drop-Pass": ticket} if ticket else {}

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, self.url + path, json=body, headers=self.headers | named)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self("POST", path, {} if body is None else body, **headers)

    async def get(self, path: str) -> httpx.Response:
        return await self("GET", path)

    async def delete(self, path: str) -> httpx.Response:
        return await self("DELETE", path)


def client() -> httpx.AsyncClient:
    """As many connections as are asked for, and more patience than any answer should need."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    return httpx.AsyncClient(limits=limits, timeout=120, trust_env=False)


async def together(calls: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All of them in flight at once."""
    return list(await asyncio.gather(*calls))


def said(response: httpx.Response) -> tuple[int, str]:
    """Status and code; "" for what is no refusal."""
    body = response.json() if response.content else {}
    return response.status_code, body.get("code", "")
