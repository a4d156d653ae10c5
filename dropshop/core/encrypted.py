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

from dropshop.core.field_keys import field_keys

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
HASH_BYTES = 12


class Unreadable(Exception):
    """The stored text does not open: its key is gone, or it was altered."""


@lru_cache(maxsize=8)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def encrypt(value: Any, *, context: str) -> str:
    """The JSON value under the newest key; `context` must be given again to read it. Raises FieldKeysUnavailable."""
    name, secret = next(iter(field_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + _cipher(secret).encrypt(nonce, json.dumps(value).encode(), context.encode())
    return f"{name}:{base64.b64encode(sealed).decode()}"


def decrypt(text: str, *, context: str) -> Any:
    """The JSON value; raises Unreadable, FieldKeysUnavailable."""
    name, _, sealed = text.partition(":")
    secret = field_keys().get(name)
    if secret is None:
        raise Unreadable(f"There is no field key named {name!r}.")
    try:
        raw = base64.b64decode(sealed, validate=True)
        return json.loads(_cipher(secret).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()))
    except (InvalidTag, ValueError):
        raise Unreadable(f"A value of {context} was altered, or was never sealed.") from None


@lru_cache(maxsize=32)
def _hash_key(secret: bytes, context: str) -> bytes:
    return hmac.digest(secret, f"hashes of {context}".encode(), "sha256")


def keyed_hashes(text: str, *, context: str) -> dict[str, str]:
    """By the name of each key, the newest first: a hash of the text, in 16 letters, that nobody can compute without that key.

    By it what is encrypted can be found (a blind index). `context` is the column it is kept in: each has keys of its own.
    """
    keys = {name: _hash_key(secret, context) for name, secret in field_keys().items()}
    return {
        name: base64.b64encode(hmac.digest(key, text.encode(), "sha256")[:HASH_BYTES]).decode() for name, key in keys.items()
    }


def newest_key() -> str:
    """The name of the key by which everything new is encrypted and hashed."""
    return str(settings.FIELD_KEYS[0]).partition(":")[0]


class EncryptedJSONField(models.TextField):
    """JSON in Python, ciphertext in the database; not for lookups."""

    _pyi_private_set_type: Any  # what django-stubs reads: any JSON value goes in and comes out
    _pyi_private_get_type: Any

    @property
    def context(self) -> str:
        """What is authenticated with each value: the column, so that a value copied into another one does not open."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value, context=self.context)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encrypt(value, context=self.context)

    def to_python(self, value: Any) -> Any:
        return value
