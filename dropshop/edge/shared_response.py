"""A finished answer that many visitors are told: made once in a thread, and told again for a few microseconds.

It is cut where the time of telling stands, and each piece is compressed once. Each telling has a length of its own, as every
compressed answer (`dropshop.edge.compression`): the name of a file that gzip has room for is longer or shorter.
"""

import re
import secrets
import zlib
from typing import NamedTuple

from django.utils.http import parse_etags

from dropshop.core.clock import estimated_database_time, iso
from dropshop.core.logs import request_id_for
from dropshop.core.response_headers import Raw, cors_headers
from dropshop.core.whole_response import FixedHeaders, WholeResponse
from dropshop.edge.bridge import Application, Environ
from dropshop.edge.compression import MAX_PADDING_BYTES, described, is_worth_it, tag_as_sent, takes_gzip

Headers = list[tuple[str, str]]

# What an answer may differ by: whoever sends one of these is not told a shared one.
KNOWN_TO_VARY = {"cookie", "authorization", "origin"}
# Pages and JSON say when they were told, and browsers set their countdowns by it.
TOLD_AT = re.compile(rb'(?<=data-server-time=")[^"]*|(?<="server_time":")[^"]*')
OF_EACH_TELLING = {"content-length", "x-request-id"}  # headers

GZIP_HEAD = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # RFC 1952: DEFLATE, with a name, without a time, from any system
LAST_BLOCK = b"\x03\0"  # RFC 1951: an empty block, the last one


class Representation(NamedTuple):
    """The answer as it is, or compressed; `parts` are its body, cut where the time of telling stands."""

    headers: FixedHeaders
    parts: list[bytes]


class SharedResponse(NamedTuple):
    """A finished answer. `compressed` is None where compressing gains nothing."""

    status: int
    plain: Representation
    compressed: Representation | None
    unchanged: FixedHeaders  # of a 304, but for its tag
    request_id: str
    etag: str
    is_personal: bool  # it sets a cookie, or differs by something that it was not asked with

    @property
    def size(self) -> int:
        """In memory, in bytes."""
        return sum(len(part) for each in (self.plain, self.compressed) if each is not None for part in each.parts)

    def told(self, environ: Environ, *, first: bool) -> WholeResponse:
        """For one asker: with the time of now and an id of its own (the `first` has the one in the log); or as 304."""
        request_id = self.request_id if first else request_id_for(environ.get("HTTP_X_REQUEST_ID", ""))
        own: Raw = [(b"x-request-id", request_id.encode())]
        if environ["PATH_INFO"].startswith("/api/"):
            own += _for_other_sites(environ.get("HTTP_ORIGIN"))
        compressed = self.compressed if takes_gzip(environ) else None
        has = environ.get("HTTP_IF_NONE_MATCH", "")
        if has and self.etag and _has_it(self.etag, has):
            tag = tag_as_sent(self.etag, has) if compressed else self.etag
            return WholeResponse(304, self.unchanged, [*own, (b"etag", tag.encode("latin1"))], b"")
        now = (iso(estimated_database_time()) or "").encode()
        body = now.join(self.plain.parts)
        if compressed is not None:
            body = _gzip(body, _stored(now).join(compressed.parts))
        return WholeResponse(self.status, (compressed or self.plain).headers, own, body)


def shared_response(application: Application, environ: Environ) -> SharedResponse:
    """The whole of what the application answers, ready to be told again; blocks."""
    begun: list[tuple[str, Headers]] = []
    result = application(environ, lambda status, headers, exc_info=None: begun.append((status, headers)))
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = begun[-1]
    named = {name.lower(): value for name, value in headers}
    headers = [(name, value) for name, value in headers if name.lower() not in OF_EACH_TELLING]
    parts = TOLD_AT.split(body)
    compressed = None
    if is_worth_it(status, [*headers, ("Content-Length", str(len(body)))]):
        compressed = Representation(_fixed(described(headers, 0)), [_deflated(part) for part in parts])
    return SharedResponse(
        int(status.split(" ", 1)[0]),
        Representation(_fixed(headers), parts),
        compressed,
        _fixed(headers, "content-type", "etag"),
        named.get("x-request-id", ""),
        named.get("etag", ""),
        _is_personal(headers),
    )


def _is_personal(headers: Headers) -> bool:
    vary = {word.strip().lower() for name, value in headers if name.lower() == "vary" for word in value.split(",")}
    return any(name.lower() == "set-cookie" for name, _ in headers) or not vary <= KNOWN_TO_VARY


def _fixed(headers: Headers, *without: str) -> FixedHeaders:
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in OF_EACH_TELLING.union(without)]
    return FixedHeaders([(name.encode("latin1"), value.encode("latin1")) for name, value in kept])


def _deflated(part: bytes) -> bytes:
    """DEFLATE that refers to nothing before it and ends at a whole byte, so that other pieces may stand around it."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(part) + deflate.flush(zlib.Z_FULL_FLUSH)


def _stored(text: bytes) -> bytes:
    """The text as a block that is not compressed (RFC 1951, 3.2.4)."""
    return b"\0" + len(text).to_bytes(2, "little") + (len(text) ^ 0xFFFF).to_bytes(2, "little") + text


def _gzip(plain: bytes, pieces: bytes) -> bytes:
    name = b"-" * secrets.randbelow(MAX_PADDING_BYTES) + b"\0"
    end = zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    return b"".join((GZIP_HEAD, name, pieces, LAST_BLOCK, end))


def _for_other_sites(origin: str | None) -> Raw:
    """What lets a page of another site read the answer; it varies by that already, and was made as for no site."""
    sent = cors_headers(None if origin is None else origin.encode("latin1"))
    return [(name, value) for name, value in sent if name != b"vary"]


def _has_it(etag: str, if_none_match: str) -> bool:
    """Whether the asker has this already (RFC 9110, 13.1.2: weak comparison)."""
    tags = parse_etags(if_none_match)
    return "*" in tags or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}
