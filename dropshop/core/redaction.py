"""What never reaches a log: secrets, and what points at a person. By the name of a key, and by the form of a text."""

import re
from typing import Any

HIDDEN = "…"

# Keys whose values never reach a log, wherever in an event they stand: secrets, and what points at a person.
SECRET_KEYS = re.compile(
    r"""(?ix) ^ (?: .*(?:password|passphrase|secret|token|authorization|cookie|credential|signature).*
    | pass | key | access | refresh | session(?:id|_key)? | otp | code_verifier | x[-_]drop[-_]pass | idempotency[-_]key
    | card.* | payment_method | iban | pan | cvc
    | e?-?mail.* | phone.* | address | shipping.* | billing.* | street | city | state | zip_?code | country
    | (?:first|last|full|user)_?name | name | login ) $"""
)
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.[^\s@<>\"'(),;:=]+")
# PostgreSQL quotes the row it refused: "DETAIL:  Key (email)=(ada@example.com) already exists."
_ROW = re.compile(r"(?m)^(DETAIL|CONTEXT|HINT):.*$")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s@/]+@")
# One-time keys that stand in a path: password reset, e-mail confirmation.
_PATH_KEY = re.compile(r"(/(?:key|confirm-email)/)(?!done/)[^/?\s]+")


def redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Structlog's processor that hides values of known keys, and e-mails, quoted rows and tokens inside any text."""
    return {key: HIDDEN if SECRET_KEYS.match(key) else _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {key: HIDDEN if SECRET_KEYS.match(str(key)) else _redacted(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [_redacted(item) for item in value]
        case bool() | int() | float() | None:
            return value
    return clean(str(value))


def clean(text: str) -> str:
    """The text without e-mails, rows the database quoted, credentials and one-time keys."""
    text = _ROW.sub(rf"\1: {HIDDEN}", text)
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _PATH_KEY.sub(rf"\1{HIDDEN}", text)
    return _EMAIL.sub(HIDDEN, text)
