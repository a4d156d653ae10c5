"""Proof of work: what a browser computes for a second or two, so that one more try is let through than the limits allow.

ALTCHA's second version (https://altcha.org): a counter is looked for with which PBKDF2 begins as the signed challenge asks.
A challenge is for the accounts it was given for, and for ten minutes; that it is good once is for `dropshop.core.limits`
to count.
"""

import re
import time
from collections.abc import Collection
from typing import Any

from altcha import Payload, create_challenge, verify_solution
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

FIELD, HEADER = "work", "X-Work"
LIFETIME_SECONDS = 600
SOLUTION_MAX_LENGTH = 4000  # characters of what a solver sends; ours are a fifth of it
NONCE = re.compile(r"[0-9a-f]{32}")
PREFIX = "00"  # one counter in 256 has it


def offer(accounts: Collection[str]) -> dict[str, Any]:
    """A challenge that pays for one try at these accounts (as keys), as ALTCHA writes it."""
    challenge = create_challenge(
        "PBKDF2/SHA-256",
        settings.WORK_COST,
        key_prefix=PREFIX,
        expires_at=int(time.time()) + LIFETIME_SECONDS,
        data={"for": _digest(accounts)},
        hmac_secret=_secret(),
    )
    return challenge.to_dict()


def given(request: HttpRequest) -> str:
    """What the request brings along as solved, by header or by form field."""
    return request.headers.get(HEADER) or request.POST.get(FIELD, "")


def nonce_of(work: str, accounts: Collection[str]) -> str:
    """The name of the challenge that this answers; "" where it was not given for these accounts, or is no answer at all."""
    if not work or len(work) > SOLUTION_MAX_LENGTH:
        return ""
    try:
        parameters = Payload.from_base64(work).challenge.parameters
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    nonce = str(parameters.nonce)
    return nonce if NONCE.fullmatch(nonce) and parameters.data == {"for": _digest(accounts)} else ""


def is_solved(work: str) -> bool:
    """Whether it answers a challenge of ours in time; costs the shop a few milliseconds."""
    return verify_solution(work, _secret()).verified


def _digest(accounts: Collection[str]) -> str:
    return salted_hmac("dropshop.work.for", " ".join(sorted(accounts)), algorithm="sha256").hexdigest()[:32]


def _secret() -> bytes:
    return salted_hmac("dropshop.work", "challenge", algorithm="sha256").digest()
