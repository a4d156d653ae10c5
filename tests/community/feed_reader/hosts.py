"""Hosts of the web, as the monitor meets them: real servers on loopback that say what a test wants and count who comes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from community.feed_reader.visits import PoliteClient
from dropshop.core.outbound.addresses import AddressPolicy
from dropshop.core.outbound.client import OutboundClient
from dropshop.machine.processes import free_port

Said = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]
NO_ROBOTS: Said = (404, {}, b"")
JSON = {"Content-Type": "application/json"}


class Host:
    """One server; `says` maps paths to answers, `asked` are the requests (path, headers in lower case), in order."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0, certificate: ssl.SSLContext | None = None) -> None:
        self.says: dict[str, Said] = {"/robots.txt": NO_ROBOTS}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                said = outer.says.get(self.path, (404, {}, b"nothing"))
                if callable(said):
                    said(self)
                    return
                status, headers, body = said
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def get_request(self) -> Any:
                outer.connections += 1
                connection, address = super().get_request()
                if certificate is not None:
                    connection = certificate.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, address

            def handle_error(self, *_: Any) -> None:  # who is asked hangs up in the middle, as they should
                pass

        self.server = Server((address, port), Handler)
        self.address, self.port = self.server.server_address[:2]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def url(self, path: str = "/products.json", name: str = "shop.example", scheme: str = "http") -> str:
        return f"{scheme}://{name}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def hosts(*addresses: str, **facts: Any) -> Iterator[list[Host]]:
    """A host at each of these addresses, all on one port."""
    opened: list[Host] = []
    try:
        for address in addresses:
            opened.append(Host(address, opened[0].port if opened else free_port(), **facts))
        yield opened
    finally:
        for host in opened:
            host.close()


class Names:
    """A resolver: each name with its addresses in turn, the last for ever; numbers are themselves."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **options: Any) -> list[Any]:
        self.asked.append(host)
        if host not in self.names:
            return socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST, **options)
        found = self.names[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        return socket.getaddrinfo(address, port, flags=socket.AI_NUMERICHOST, **options)


def fetcher(*permitted: Host, names: Names | None = None, **options: Any) -> OutboundClient:
    """May connect to these hosts alone; every name is theirs, unless `names` says otherwise."""
    resolve = names or Names(shop_example=[permitted[0].address], other_example=[permitted[-1].address])
    return OutboundClient(AddressPolicy(resolve=resolve, also={(host.address, host.port) for host in permitted}), **options)


class Visits:
    """Visits to these hosts, one after another; `slept` are the pauses that were kept."""

    def __init__(self, *permitted: Host, names: Names | None = None, **options: Any) -> None:
        self.slept: list[float] = []
        self._fetcher = fetcher(*permitted, names=names, **options)

    def __call__(self) -> PoliteClient:
        return PoliteClient(self._fetcher, sleep=self.slept.append)
