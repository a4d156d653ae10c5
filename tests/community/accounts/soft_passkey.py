"""A passkey in software, for tests without a browser: what a device would answer to a challenge (WebAuthn Level 2, 6)."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

RP, ORIGIN = "localhost", "http://localhost"
ID = b"a-passkey-in-software"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class SoftPasskey:
    """One key pair, kept for `localhost`."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def made(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to the options of a registration."""
        public = AttestedCredentialData.create(b"\0" * 16, ID, ES256.from_cryptography_key(self.key.public_key()))
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        seen = AuthenticatorData.create(hashlib.sha256(RP.encode()).digest(), flags, 0, public)
        response = {"attestationObject": websafe_encode(AttestationObject.create("none", seen, {}))}
        return self._answer("webauthn.create", options, response)

    def signed(self, options: dict[str, Any], *, owner: str, spoilt: bool = False) -> dict[str, Any]:
        """The answer to the options of a sign-in, for the owner's handle; `spoilt`: over something else."""
        seen = AuthenticatorData.create(hashlib.sha256(RP.encode()).digest(), PRESENT_AND_VERIFIED, 1)
        client = self._client("webauthn.get", options)
        signature = self.key.sign(seen + hashlib.sha256(client + (b"!" if spoilt else b"")).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": websafe_encode(seen), "signature": websafe_encode(signature)}
        return self._answer("webauthn.get", options, response | {"userHandle": owner})

    def _answer(self, kind: str, options: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        named = {"id": websafe_encode(ID), "rawId": websafe_encode(ID), "type": "public-key", "clientExtensionResults": {}}
        return {**named, "response": {"clientDataJSON": websafe_encode(self._client(kind, options)), **response}}

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": ORIGIN, "crossOrigin": False}).encode()
