"""An OpenID Connect provider on this machine, for tests: discovery, keys, the way through its sign-in page, and tokens."""

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "the-shop", "its-secret"


class Provider(ThreadingHTTPServer):
    """Whoever comes to its sign-in page is the person of `claims`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with = self.key
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.silent_at = ""  # a path that is answered one letter at a time
        self.over = threading.Event()

    def token(self) -> str:
        """What it says of the person, signed."""
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT, "sub": "person-1", "iat": now, "exp": now + 60, **self.claims}
        return jwt.encode(said, self.signs_with, algorithm="RS256", headers={"kid": "key-1"})


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append(url.path)
        if url.path == "/authorize":
            self._lead_back({name: values[0] for name, values in parse_qs(url.query).items()})
            return
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.server.key.public_key()))
        at = self.server.url
        answers: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "/keys": {"keys": [{**public, "kid": "key-1", "alg": "RS256", "use": "sig"}]},
        }
        self._answer(url.path, answers[url.path])

    def do_POST(self) -> None:
        self.server.asked.append("/token")
        sent = {
            name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        begun = self.server.codes.pop(sent["code"], {})
        proof = urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        right = (begun.get("code_challenge"), sent["client_id"], sent["client_secret"]) == (proof, CLIENT, SECRET)
        body = (
            {"access_token": "a", "token_type": "Bearer", "id_token": self.server.token()}
            if right
            else {"error": "invalid_grant"}
        )
        self._answer("/token", body, status=200 if right else 400)

    def _lead_back(self, asked: dict[str, str]) -> None:
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = asked
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        self.end_headers()

    def _answer(self, path: str, body: dict[str, Any], *, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if path != self.server.silent_at:
            self.wfile.write(text)
            return
        for letter in text:
            if self.server.over.wait(0.05):
                return
            self.wfile.write(bytes([letter]))

    def log_message(self, *_: Any) -> None:
        """Nothing: a test says what went wrong."""


@contextmanager
def a_provider() -> Iterator[Provider]:
    """One that listens until the end of the block."""
    with Provider() as provider:
        serving = threading.Thread(target=provider.serve_forever, args=(0.05,))
        serving.start()
        yield provider
        provider.over.set()
        provider.shutdown()
        serving.join()
