"""A shopper at the other end of real HTTP."""

from typing import Any

import httpx
from django.test import Client

from tests.harness.patience import PATIENCE

CSRF = "c" * 32


class Shopper(httpx.Client):
    """A browser without scripts: signed in by session cookie, as that member, or a visitor."""

    def __init__(self, url: str, member: Any = None, **options: Any) -> None:
        cookies = {"csrftoken": CSRF}
        if member is not None:
            client = Client()
            client.force_login(member)
            cookies["sessionid"] = client.cookies["sessionid"].value
        headers = {"X-CSRFToken": CSRF, **options.pop("headers", {})}
        super().__init__(base_url=url, cookies=cookies, headers=headers, timeout=PATIENCE, **options)

    def reserve(self, drop: Any, size: str | None = None) -> httpx.Response:
        """Through the API."""
        return self.post(f"/api/v1/drops/{drop.pk}/reserve", json={} if size is None else {"size": size})

    def buy(self, reservation: str, address: dict[str, str], payment_method: str = "test_ok") -> httpx.Response:
        """Through the API."""
        body = {"address": address, "payment_method": payment_method}
        return self.post(f"/api/v1/reservations/{reservation}/purchase", json=body)


def replan(url: str, staff: Any, drop: Any, **changes: Any) -> None:
    """Staff change the drop through the API, so that every open page hears of it."""
    with Shopper(url, staff) as client:
        assert client.patch(f"/api/v1/drops/{drop.pk}", json=changes).status_code == 200
