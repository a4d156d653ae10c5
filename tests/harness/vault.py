"""`vault`: a stand-in for Vault's Transit engine, over HTTP on this machine."""

import base64
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.stand-in"


class Vault:
    """What Vault knows: one key of Transit, `transit/dropshop`. `sealed`: it answers 503, as a sealed Vault does."""

    def __init__(self) -> None:
        self.cipher, self.sealed, self.asked = AESGCM(os.urandom(32)), False, 0
        vault = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                vault.asked += 1
                status, said = vault.answer(self.path, self.headers.get("X-Vault-Token", ""), sent)
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answer(self, path: str, token: str, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """As Vault's API documents it: https://developer.hashicorp.com/vault/api-docs/secret/transit."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        associated = base64.b64decode(sent["associated_data"])
        if path == "/v1/transit/encrypt/dropshop":
            nonce = os.urandom(12)
            sealed = nonce + self.cipher.encrypt(nonce, base64.b64decode(sent["plaintext"]), associated)
            return 200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}", "key_version": 1}}
        if path == "/v1/transit/decrypt/dropshop":
            raw = base64.b64decode(sent["ciphertext"].removeprefix("vault:v1:"))
            try:
                plain = self.cipher.decrypt(raw[:12], raw[12:], associated)
            except InvalidTag:
                return 400, {"errors": ["cipher: message authentication failed"]}
            return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}
        return 404, {"errors": []}

    def stop(self) -> None:
        """Nobody listens there any more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def vault(settings: Any) -> Iterator[Vault]:
    """A Vault that the settings name; the process has asked it nothing yet."""
    from dropshop.core import field_keys

    field_keys.forget()
    stand_in = Vault()
    settings.VAULT_ADDR, settings.VAULT_TOKEN, settings.VAULT_TIMEOUT = stand_in.address, TOKEN, 5.0
    yield stand_in
    stand_in.stop()
    field_keys.forget()
