"""Hashing passwords: slow on purpose, so done in one place at a time, where it keeps nobody else from working.

A gate stands in front of the hasher itself and not of this or that view: whatever comes to hash, a sign-in, a sign-up, an
erasure or the admin, waits in the same short line.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

from dropshop.core.errors import RateLimited

T = TypeVar("T")

MAX_WAITING = 4  # who may wait while one is hashed; nobody waits inside a transaction (PostgreSQL ends an idle one)
RETRY_AFTER = 2  # seconds


class Gate:
    """Lets one in at a time and few wait."""

    def __init__(self, waiting: int = MAX_WAITING) -> None:
        self._most = waiting + 1
        self._inside = 0
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="passwords")

    def run(self, hashing: Callable[[], T]) -> T:
        """What `hashing` returns. Raises RateLimited where too many wait already."""
        with self._lock:
            if self._inside >= self._most:
                raise RateLimited("Too many people are signing in. Try again in a moment.", retry_after=RETRY_AFTER)
            self._inside += 1
        try:
            return self._thread.submit(hashing).result()
        finally:
            with self._lock:
                self._inside -= 1


gate = Gate()


class Argon2Hasher(Argon2PasswordHasher):
    """Django's memory and time, in one thread instead of eight: as much work for who guesses, and a core left for the shop."""

    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return gate.run(lambda: super(Argon2Hasher, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return gate.run(lambda: super(Argon2Hasher, self).verify(password, encoded))


class PBKDF2Hasher(PBKDF2PasswordHasher):
    """For what was hashed elsewhere; verifying is encoding once more."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return gate.run(lambda: super(PBKDF2Hasher, self).encode(password, salt, iterations))
