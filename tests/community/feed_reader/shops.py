"""A store with a feed."""

import json
from datetime import timedelta

from community.feed_reader import sources
from community.models import Host as HostRow
from community.models import Restock, Source
from dropshop.core.clock import database_time
from tests.community.feed_reader.hosts import JSON, Visits
from tests.make import make_sneaker, make_source


class Shop:
    """A store with a feed, on a real server, that is read as often as a test wants."""

    def __init__(self, host):
        self.host, self.visits = host, Visits(host)
        self.sneaker = make_sneaker(style_code="HN-1")
        self.source = make_source(url=host.url())

    def says(self, sneaker="HN-1", headers=None, **sizes):
        """The sizes are "_9=True", or with a price in place of True; False is out."""
        variants = [
            {"title": size[1:], "available": state is not False, "price": "180.00" if state in (True, False) else state}
            for size, state in sizes.items()
        ]
        body = json.dumps({"products": [{"title": f"Runner {sneaker}", "handle": "runner", "variants": variants}]})
        self.host.says["/products.json"] = (200, JSON | (headers or {}), body.encode())

    def read(self):
        """One reading, as if the time for it had come."""
        HostRow.objects.update(free_at=database_time() - timedelta(seconds=1))
        Source.objects.filter(active=True).update(next_at=database_time() - timedelta(seconds=1))
        for pk, token in sources.due():
            sources.read(pk, token, visit=self.visits())
        self.source.refresh_from_db()

    @property
    def reports(self):
        return list(Restock.objects.order_by("created_at").values_list("sizes", "status"))
