"""Vault's Transit engine: it encrypts and decrypts what it is sent by a key that never leaves it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)


class VaultError(Exception):
    """Vault was not reached, said no, or said what makes no sense."""


@dataclass(frozen=True, slots=True)
class Transit:
    """One key of the engine; each call takes `seconds` at most to connect, and as long for its answer."""

    address: str
    token: str
    key: str  # its path: "transit/…/<name>" without the operation
    seconds: float

    def encrypt(self, secret: bytes, *, associated: str) -> str:
        """The secret as `vault:v1:…`, which opens only together with the same `associated` text. Raises VaultError."""
        text = self._ask("encrypt", associated, plaintext=base64.b64encode(secret).decode()).get("ciphertext")
        if not isinstance(text, str) or not text.startswith("vault:"):
            raise VaultError("Vault gave no ciphertext.")
        return text

    def decrypt(self, ciphertext: str, *, associated: str) -> bytes:
        """What was encrypted. Raises VaultError."""
        try:
            return base64.b64decode(str(self._ask("decrypt", associated, ciphertext=ciphertext)["plaintext"]), validate=True)
        except (KeyError, ValueError) as error:
            raise VaultError("Vault gave no plaintext.") from error

    def _ask(self, operation: str, associated: str, **sent: str) -> dict[str, Any]:
        mount, _, name = self.key.rpartition("/")
        body = {**sent, "associated_data": base64.b64encode(associated.encode()).decode()}
        try:
            # trust_env off: no proxy and no credentials of the machine; redirects would take the token elsewhere.
            with httpx2.Client(trust_env=False, follow_redirects=False, timeout=self.seconds) as client:
                url = f"{self.address.rstrip('/')}/v1/{mount or 'transit'}/{operation}/{name}"
                answer = client.post(url, json=body, headers={"X-Vault-Token": self.token, "X-Vault-Request": "true"})
                said = answer.json() if answer.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL, json.JSONDecodeError, UnicodeError) as error:
            log.warning("vault was not reached", because=type(error).__name__)
            raise VaultError(f"Vault was not reached: {type(error).__name__}.") from error
        if not isinstance(said, dict) or not isinstance(said.get("data"), dict):
            log.warning("vault said no", status=answer.status_code)
            raise VaultError(f"Vault said {answer.status_code}.")
        return dict(said["data"])


def transit() -> Transit:
    """The key that the settings name. A token that stands in a file is read anew each time: an agent renews it there."""
    token, file = settings.VAULT_TOKEN, settings.VAULT_TOKEN_FILE
    try:
        token = Path(file).read_text().strip() if file else token
    except OSError as error:
        raise VaultError(f"VAULT_TOKEN_FILE cannot be read: {type(error).__name__}.") from error
    return Transit(settings.VAULT_ADDR, token, settings.VAULT_TRANSIT_KEY, settings.VAULT_TIMEOUT)
