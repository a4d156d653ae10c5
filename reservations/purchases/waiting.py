"""How a view says that its answer waits for a bank."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from reservations.purchases.attempts import PurchaseAttempt

KEY = "dropshop.waiting"


class WaitingPurchase:
    """What the view leaves for the loop."""

    attempt: PurchaseAttempt | None = None
    reader = ""  # "page", "fragment" or "api"
    member = ""  # whose it is


def wait_for(request: HttpRequest, attempt: PurchaseAttempt, reader: str) -> None:
    """The answer to this request waits for this attempt where the process can; else its member is told by a notice."""
    waiting = request.META.get("asgi.scope", {}).get(KEY)
    if waiting is None:
        attempt.is_late = True
    else:
        waiting.attempt, waiting.reader, waiting.member = attempt, reader, str(request.user.pk)
        own: Any = getattr(request, "_request", request)  # DRF wraps Django's
        own.tells_later = True  # the line in the log, too, says what came of it
