"""A mail server of our own: real SMTP, and as unkind as a test wants it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

DRIPS = 200  # bytes of an answer that drips


class Talk(socketserver.StreamRequestHandler):
    """One connection (RFC 5321)."""

    server: "MailServer"

    def handle(self) -> None:
        if self.server.is_silent:
            self.rfile.read()  # until the client has had enough
            return
        self.say("220 mail.example.com", "greeting")
        while line := self.rfile.readline():
            match line[:4].upper():
                case b"RCPT":
                    self.say(self.server.to_recipient, "RCPT")
                case b"DATA":
                    self.say("354 go on", "DATA")
                    message = self.whole_message()
                    self.server.taken += [message] if message else []
                    if self.server.dies_after_data or not message:
                        return
                    self.say(self.server.to_data, "message")
                case b"QUIT":
                    self.say("221 bye", "QUIT")
                    return
                case _:
                    self.say("250 ok")

    def whole_message(self) -> EmailMessage | None:
        """None where the client breaks off."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return message_from_bytes(b"".join(lines), policy=policy.default)  # type: ignore[return-value]

    def say(self, line: str, to: str = "") -> None:
        with suppress(ConnectionError):  # the client has given up
            if to and to == self.server.drips_at:
                for sign in line[:4] + DRIPS * ".":
                    self.server.drip()
                    self.wfile.write(sign.encode())
                line = ""
            self.wfile.write(line.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """What it answers can be changed at any time; `taken` are the messages it has got, whole."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.is_silent = self.dies_after_data = False
        self.to_recipient = self.to_data = "250 ok"
        self.drips_at = ""  # to what it answers byte by byte
        self.drip = lambda: None  # called before each of them
        self.taken: list[EmailMessage] = []

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.taken]


@contextmanager
def a_mail_server(settings: Any) -> Iterator[MailServer]:
    """The shop sends by it as long as it is open."""
    with MailServer() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, ""
        yield server
        server.shutdown()
        serving.join()
