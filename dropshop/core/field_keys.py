"""The keys under which fields are encrypted and hashed (M3), by their names, the newest first.

`DROPSHOP_FIELD_KEYS` holds each as `name:base64 of 32 bytes`, or as `name:vault:v1:…`: wrapped by Vault's Transit engine, so
that what stands in the environment opens nothing. A process asks Vault once for each wrapped key and keeps what it says in
memory: no value waits for Vault, and a Vault that goes away later stops nobody. While a key cannot be unwrapped whoever needs
it gets FieldKeysUnavailable at once; one thread at a time asks again, every few seconds.
"""

import base64
import re
import threading
import time
from functools import lru_cache

from django.conf import settings

from dropshop.core.errors import DropshopError
from dropshop.core.vault import VaultError, transit

ASK_AGAIN_SECONDS = 5.0


class FieldKeysUnavailable(DropshopError):
    """The key of what is encrypted cannot be had at this moment; nothing encrypted was read or written."""

    code, status, title = (
        "keys_unavailable",
        503,
        "The shop cannot open its keys at this moment. Nothing was changed; try again.",
    )
    soon = ASK_AGAIN_SECONDS


Configured = tuple[str, ...]
_lock = threading.Lock()
_unwrapped: dict[str, bytes] = {}  # by the whole entry: what Vault has said
_not_before = 0.0  # by the steady clock: when Vault is asked again


def is_key_name(name: str) -> bool:
    """Whether a key may be called so: its name stands before a colon in every value, and with a hash in 60 letters."""
    return re.fullmatch(r"[A-Za-z0-9.-]{1,40}", name) is not None


def is_wrapped(secret: str) -> bool:
    """Whether Vault must be asked for this key."""
    return secret.startswith("vault:")


def field_keys() -> dict[str, bytes]:
    """Each key by its name, the newest first. Raises FieldKeysUnavailable where Vault has not unwrapped one yet."""
    configured = tuple(settings.FIELD_KEYS)
    return _plain_keys(configured) or _with_wrapped(configured)


@lru_cache(maxsize=8)
def _plain_keys(configured: Configured) -> dict[str, bytes]:
    """Where Vault is asked for none of them; every value that is opened or written asks for them."""
    entries = _entries(configured)
    return {} if any(map(is_wrapped, entries.values())) else {name: base64.b64decode(key) for name, key in entries.items()}


def _entries(configured: Configured) -> dict[str, str]:
    return {name: secret for name, _, secret in (key.partition(":") for key in configured)}


def _with_wrapped(configured: Configured) -> dict[str, bytes]:
    entries = _entries(configured)
    missing = {name: secret for name, secret in entries.items() if is_wrapped(secret) and f"{name}:{secret}" not in _unwrapped}
    if missing:
        _unwrap(missing)
    return {
        name: _unwrapped[f"{name}:{secret}"] if is_wrapped(secret) else base64.b64decode(secret)
        for name, secret in entries.items()
    }


def forget() -> None:
    """What Vault has said, and that it said nothing: as in a new process."""
    global _not_before
    _unwrapped.clear()
    _not_before = 0.0


def _unwrap(missing: dict[str, str]) -> None:
    """Asks Vault, unless it has just not answered, or another thread asks: that one is waited for, as long as it may ask."""
    global _not_before
    if not _lock.acquire(timeout=settings.VAULT_TIMEOUT):
        raise FieldKeysUnavailable
    try:
        if time.monotonic() < _not_before:
            raise FieldKeysUnavailable
        for name, secret in missing.items():
            if f"{name}:{secret}" not in _unwrapped:  # another thread may have asked while this one waited
                _unwrapped[f"{name}:{secret}"] = _unwrap_one(name, secret)
    except VaultError as error:
        _not_before = time.monotonic() + ASK_AGAIN_SECONDS
        raise FieldKeysUnavailable from error
    finally:
        _lock.release()


def _unwrap_one(name: str, secret: str) -> bytes:
    """The key, whose name is authenticated with it: one that was wrapped for another name does not open."""
    key = transit().decrypt(secret, associated=_associated(name))
    if len(key) != 32:
        raise VaultError(f"The field key {name!r} that Vault keeps has {len(key)} bytes, and must have 32.")
    return key


def wrap(name: str, key: bytes) -> str:
    """`name:vault:v1:…`, for DROPSHOP_FIELD_KEYS. Raises VaultError."""
    return f"{name}:{transit().encrypt(key, associated=_associated(name))}"


def _associated(name: str) -> str:
    return f"dropshop.field_key.{name}"
