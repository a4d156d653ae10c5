"""SMTP with a deadline for the whole conversation about an e-mail.

`EMAIL_TIMEOUT` alone bounds each wait for the server's next byte: a server that sends a byte now and then would keep its sender
for hours, long after the lease, and a second sender would send the same e-mail (`dropshop.core.outbox.due`).
"""

import io
import smtplib
from functools import partial
from time import monotonic as steady
from typing import Any

from django.core.mail import get_connection
from django.core.mail.backends import smtp

DJANGOS = "django.core.mail.backends.smtp.EmailBackend"
AT_ONCE = 16_384  # bytes that one wait may send: a record of TLS


def connect(backend: str) -> Any:
    """A connection by the backend that EMAIL_BACKEND names, not open yet; Django's SMTP is replaced by ours."""
    return EmailBackend() if backend == DJANGOS else get_connection(backend)


class EmailBackend(smtp.EmailBackend):
    """Django's; after `end` (of the steady clock) it sends and reads nothing more, until it is moved."""

    end = 0.0

    def allow(self, seconds: float) -> None:
        """From now on so many seconds may pass until the next call."""
        self.end = steady() + seconds

    @property
    def connection_class(self) -> Any:
        """What Django calls to connect."""
        return partial(Conversation, self)


class Conversation(smtplib.SMTP):
    """Each wait ends with the conversation at the latest."""

    def __init__(self, backend: EmailBackend, *server: Any, **options: Any) -> None:
        self._backend = backend
        super().__init__(*server, **options)

    def limit(self) -> None:
        """Bounds the next wait; raises SMTPServerDisconnected where the time is over."""
        seconds = self._backend.end - steady()
        if seconds <= 0:
            raise smtplib.SMTPServerDisconnected("The whole conversation has taken too long.")
        if self.sock is not None:
            self.sock.settimeout(min(seconds, self.timeout))

    def send(self, s: Any) -> None:
        """smtplib's, by parts: each is waited for by itself."""
        for start in range(0, len(s), AT_ONCE):
            self.limit()
            super().send(s[start : start + AT_ONCE])

    def getreply(self) -> tuple[int, bytes]:
        """smtplib's, from a file that is bounded with each byte."""
        if self.file is None:
            self.file = io.BufferedReader(_Received(self, self.sock))
        return super().getreply()


class _Received(io.RawIOBase):
    """What the server sends by this socket."""

    def __init__(self, conversation: Conversation, sock: Any) -> None:
        self._conversation, self._sock = conversation, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._conversation.limit()
        return int(self._sock.recv_into(buffer))
