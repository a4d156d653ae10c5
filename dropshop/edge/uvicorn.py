"""The web server: uvicorn with the shop's connections. `python -m dropshop.edge.uvicorn --help`.

uvicorn's own command line cannot name them. Every process that answers requests is started by this, so that none of them can
be held up by who is silent, and what all of them have in common stands here once.
"""

import argparse
from collections.abc import Sequence

import uvicorn

from dropshop.edge.connections import Http, Socket

# Seconds after which one of several processes that does not answer is replaced. On a busy machine a start takes some of them.
STANDS_STILL = 20


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What is asked for, by default on the command line. Ends the process (2) where that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m dropshop.edge.uvicorn", description=__doc__)
    parser.add_argument("application", nargs="?", default="dropshop.asgi:application", help="module:name of the application")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1, help="how many serve the port side by side")
    parser.add_argument("--graceful", type=int, default=5, help="seconds that running requests have at the end")
    return parser.parse_args(arguments)


def main() -> None:
    """Serves until it is asked to stop."""
    options = options_of()
    uvicorn.run(
        options.application,
        host=options.host,
        port=options.port,
        workers=options.processes,
        http=Http,
        ws=Socket,
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        timeout_graceful_shutdown=options.graceful,
        timeout_worker_healthcheck=STANDS_STILL,
        proxy_headers=False,  # whose address it is, the shop decides (DROPSHOP_PROXIES)
        server_header=False,
        access_log=False,
    )


if __name__ == "__main__":
    main()
