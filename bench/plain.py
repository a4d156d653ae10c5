"""The shop's ordinary pages and API, one thread and one transaction per request, and nothing in front of them.

The yardstick of the desk: the same server and bridge as in `dropshop.asgi`, without sockets and without the desk.
"""

from bench.bridged import bridged
from dropshop.wsgi import application as pages

application = bridged(pages)
