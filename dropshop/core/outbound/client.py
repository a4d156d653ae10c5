"""One GET: to a judged address, within bounds of time and bytes, with nothing taken from the machine's own surroundings."""

import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

from dropshop.core.outbound.addresses import LOOKUP_TIMEOUT, AddressPolicy
from dropshop.core.outbound.errors import AddressRefused, ReadingFailed

MAX_BODY_BYTES = 2 * 1024 * 1024  # bytes of a body, as sent and as unpacked
REQUEST_TIMEOUT = 20.0  # for the whole of a request, however slowly it drips
CONNECT_TIMEOUT = 5.0  # seconds
ROBOT = "dropshop-monitor"  # our name in robots.txt


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """What a host said; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The content type alone: "application/json"."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class OutboundClient:
    """Makes requests; `ways` says where to."""

    def __init__(
        self, ways: AddressPolicy | None = None, *, seconds: float = REQUEST_TIMEOUT, certificates: ssl.SSLContext | None = None
    ) -> None:
        self.ways, self._seconds, self._certificates = ways or AddressPolicy(), seconds, certificates

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> OutboundResponse:
        """What is there. Redirects are answers like others. Raises AddressRefused before any connection, or ReadingFailed."""
        self.ways.check(url)
        transport = _Transport(self.ways, time.monotonic() + self._seconds, self._certificates)
        said = {"User-Agent": agent(), "Accept-Encoding": "gzip", "Accept": "*/*", **(headers or {})}
        try:
            # trust_env off: no proxy, no credentials from a .netrc. Connections are closed after their one request.
            with (
                httpx2.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
                client.stream("GET", url, headers=said) as response,
            ):
                found = {name.lower(): value for name, value in response.headers.items()}
                return OutboundResponse(url, response.status_code, found, _body(response, found.get("content-encoding", "")))
        except (httpx2.InvalidURL, UnicodeError):
            raise AddressRefused("This is no address of the web.") from None
        except (httpx2.TimeoutException, httpcore2.TimeoutException):
            raise ReadingFailed(f"No whole answer within {self._seconds:.0f} seconds.") from None
        except ssl.SSLError:
            raise ReadingFailed("The host's certificate is not valid for its name.") from None
        except (httpx2.HTTPError, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
                raise ReadingFailed("The host's certificate is not valid for its name.") from None
            raise ReadingFailed(f"The connection failed ({type(error).__name__}).") from None


def agent() -> str:
    """Who asks, and where to complain."""
    return f"{ROBOT}/1.0 (+{settings.MONITOR_CONTACT})"


def _body(response: httpx2.Response, encoding: str) -> bytes:
    """The body, unpacked; raises ReadingFailed as soon as it is too large, packed or unpacked."""
    if encoding.strip().lower() not in ("", "identity", "gzip", "x-gzip"):
        raise ReadingFailed(f"The answer is packed as {encoding[:30]!r}, which we did not ask for.")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding.lower() else None
    sent, parts, size = 0, [], 0
    for chunk in response.iter_raw():
        sent += len(chunk)
        try:
            part = chunk if unpack is None else unpack.decompress(chunk, MAX_BODY_BYTES + 1 - size)
        except zlib.error:
            raise ReadingFailed("The answer is packed in a way that cannot be unpacked.") from None
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES or sent > MAX_BODY_BYTES:
            raise ReadingFailed("The answer is larger than 2 MB.")
        if unpack is not None and unpack.unused_data.strip(b"\0"):
            raise ReadingFailed("The answer goes on where what is packed has ended.")
    if unpack is not None and sent and not unpack.eof:
        raise ReadingFailed("The answer is packed, and ends in the middle.")
    return b"".join(parts)


class _Transport(httpx2.BaseTransport):
    """httpx2's way to the network, with ours in the place of its own."""

    def __init__(self, ways: AddressPolicy, deadline: float, certificates: ssl.SSLContext | None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=certificates,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_Network(ways, deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        answer = self._pool.handle_request(httpcore2.Request(request.method, url, headers=request.headers.raw, content=b""))
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Any:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore2.SyncBackend):
    """Connects to judged addresses alone, and ends every wait at the deadline. TLS is checked against the name in the URL."""

    def __init__(self, ways: AddressPolicy, deadline: float) -> None:
        self._ways, self._deadline = ways, deadline

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore2.NetworkStream:
        accident: Exception = httpcore2.ConnectError()
        for address in self._ways.to(host, port, seconds=min(LOOKUP_TIMEOUT, _left(self._deadline, httpcore2.ConnectTimeout))):
            patience = min(CONNECT_TIMEOUT, _left(self._deadline, httpcore2.ConnectTimeout))
            try:
                # A number, so that nothing is resolved a second time.
                stream = super().connect_tcp(address, port, patience, None, socket_options or [])
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                accident = error
            else:
                return _Patience(stream, self._deadline)
        raise accident

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise httpcore2.ConnectError


class _Patience(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(self._deadline, httpcore2.ConnectTimeout)
        return _Patience(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, late: type[Exception]) -> float:
    """Seconds until the deadline; raises `late` after it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise late
    return left
