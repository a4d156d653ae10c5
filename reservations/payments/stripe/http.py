"""The HTTP client of Stripe's SDK: one call, of one request or several, takes PAYMENT_TIMEOUT seconds at most."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import local
from time import monotonic as steady
from typing import Any

import requests
import stripe

LEAST = 0.001  # seconds: a time-out of zero means something else to sockets


class BoundedClient(stripe.HTTPClient):
    """Shared by all threads; each has a session with connections of its own, and an end of its own call."""

    name = "requests"

    def __init__(self) -> None:
        super().__init__()
        self._own = local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What this thread asks in this block is answered by then, or fails."""
        self._own.end = steady() + seconds
        try:
            yield
        finally:
            self._own.end = 0.0

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """As the SDK wants it: body, status and headers; raises APIConnectionError where there is no answer."""
        seconds = max(LEAST, self._own.end - steady())
        try:
            answer = self._session().request(
                method,
                url,
                headers=dict(headers or {}),
                data=post_data,
                timeout=seconds,
                allow_redirects=False,  # the secret key goes to this address and to no other
                verify=stripe.ca_bundle_path,
            )
        except requests.RequestException as error:
            raise stripe.APIConnectionError(f"Stripe has not answered: {type(error).__name__}") from error
        return answer.content, answer.status_code, answer.headers

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
        session: requests.Session = self._own.session
        return session

    def close(self) -> None:
        """Closes this thread's connections."""
        self._session().close()
