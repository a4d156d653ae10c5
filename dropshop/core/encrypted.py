"""A JSON field that is encrypted at rest (M3): AES-256-GCM, with the key's id beside the text so that keys can rotate.

Stored as `<key id>:<base64 of nonce and ciphertext>`. The field's own name is authenticated with it, so that a value
copied into another column does not open.
"""

import base64
import hmac
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
HASH_BYTES = 12


class Unreadable(Exception):
    """The stored text does not open: its key is gone, or it was altered."""


@lru_cache(maxsize=4)
def _keys(configured: tuple[str, ...]) -> dict[str, AESGCM]:
    return {name: AESGCM(base64.b64decode(secret)) for name, _, secret in (key.partition(":") for key in configured)}


def encrypt(value: Any, *, context: str) -> str:
    """The JSON value under the newest key; `context` must be given again to read it."""
    keys = _keys(tuple(settings.FIELD_KEYS))
    name, cipher = next(iter(keys.items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, json.dumps(value).encode(), context.encode())
    return f"{name}:{base64.b64encode(sealed).decode()}"


def decrypt(text: str, *, context: str) -> Any:
    """The JSON value; raises Unreadable."""
    name, _, sealed = text.partition(":")
    cipher = _keys(tuple(settings.FIELD_KEYS)).get(name)
    if cipher is None:
        raise Unreadable(f"There is no field key named {name!r}.")
    try:
        raw = base64.b64decode(sealed, validate=True)
        return json.loads(cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()))
    except (InvalidTag, ValueError):
        raise Unreadable(f"A value of {context} was altered, or was never sealed.") from None


@lru_cache(maxsize=8)
def _hash_keys(configured: tuple[str, ...], context: str) -> dict[str, bytes]:
    named = (key.partition(":") for key in configured)
    return {name: hmac.digest(base64.b64decode(secret), context.encode(), "sha256") for name, _, secret in named}


def keyed_hashes(text: str, *, context: str) -> dict[str, str]:
    """By the name of each key, the newest first: a hash of the text, in 16 letters, that nobody can compute without that key.

    By it what is encrypted can be found (a blind index). `context` is the column it is kept in: each has keys of its own.
    """
    keys = _hash_keys(tuple(settings.FIELD_KEYS), f"hashes of {context}")
    return {
        name: base64.b64encode(hmac.digest(key, text.encode(), "sha256")[:HASH_BYTES]).decode() for name, key in keys.items()
    }


def newest_key() -> str:
    """The name of the key by which everything new is encrypted and hashed."""
    return next(iter(_keys(tuple(settings.FIELD_KEYS))))


class EncryptedJSONField(models.TextField):
    """JSON in Python, ciphertext in the database; not for lookups."""

    _pyi_private_set_type: Any  # what django-stubs reads: any JSON value goes in and comes out
    _pyi_private_get_type: Any

    @property
    def _context(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value, context=self._context)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encrypt(value, context=self._context)

    def to_python(self, value: Any) -> Any:
        return value
