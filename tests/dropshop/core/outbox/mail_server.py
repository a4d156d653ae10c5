"""A mail server to send to: aiosmtpd's, and as unkind as a test wants it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from anyio.from_thread import start_blocking_portal

DRIPS = 200  # bytes of an answer that drips
# What an answer is to, where its code says it.
TO = {"220": "greeting", "354": "DATA", "221": "QUIT"}


class Talk(SMTP):
    """One connection. aiosmtpd asks its handler what to answer. How an answer goes out (never, or byte by byte) is said here,
    because it greets without asking."""

    def __init__(self, server: "MailServer") -> None:
        super().__init__(Answers(server), hostname="mail.example.com")
        self.server, self.to = server, ""
        self.is_over = asyncio.Event()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.is_over.set()

    async def cut_off(self) -> None:
        """Ends it, where it is not over."""
        if self.transport is not None:
            self.transport.abort()
        await self.is_over.wait()
        await asyncio.wait([self._handler_coroutine])

    async def push(self, status: str | bytes) -> None:
        """The answer; byte by byte where the server drips, and never where it is silent."""
        line = status if isinstance(status, str) else status.decode()
        to, self.to = TO.get(line[:3], self.to), ""
        if self.server.is_silent:
            await asyncio.Event().wait()  # until the client has had enough: that cancels it
        if to and to == self.server.drips_at:
            for sign in line[:4] + DRIPS * ".":
                await asyncio.to_thread(self.server.drip)
                self._writer.write(sign.encode())
                await self._writer.drain()
            line = ""
        await super().push(line)


class Answers:
    """What is answered to a recipient and to a message, in the words that the test has chosen."""

    def __init__(self, server: "MailServer") -> None:
        self.server = server

    async def handle_RCPT(self, talk: Talk, _: Session, envelope: Envelope, address: str, __: Any) -> str:  # noqa: N802 - aiosmtpd's
        talk.to = "RCPT"
        envelope.rcpt_tos.append(address)
        return self.server.to_recipient

    async def handle_DATA(self, talk: Talk, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        talk.to = "message"
        self.server.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.server.dies_after_data:
            talk.transport.abort()
        return self.server.to_data


class MailServer:
    """What it answers can be changed at any time; `taken` are the messages it has got, whole."""

    def __init__(self) -> None:
        self.is_silent = self.dies_after_data = False
        self.to_recipient = self.to_data = "250 ok"
        self.drips_at = ""  # to what it answers byte by byte
        self.drip: Callable[[], object] = lambda: None  # called before each of them
        self.taken: list[EmailMessage] = []
        self.talks: list[Talk] = []  # one for each connection

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.taken]

    def _connected(self) -> Talk:
        self.talks.append(Talk(self))
        return self.talks[-1]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[tuple[str, int]]:
        """Serves as long as it is open, at this address; whoever still talks to it at the end is cut off."""
        listening = await asyncio.get_running_loop().create_server(self._connected, "127.0.0.1", 0)
        yield listening.sockets[0].getsockname()
        listening.close()
        for talk in self.talks:
            await talk.cut_off()


@contextmanager
def a_mail_server(settings: Any) -> Iterator[MailServer]:
    """The shop sends by it as long as it is open."""
    server = MailServer()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server.serve()) as address:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = address
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, ""
        yield server
