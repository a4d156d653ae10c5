"""The live push: operations publish after commit, one hub per process delivers to every screen it serves.

`publish` is what operations use; `hub`, `room`, `viewer` and `socket` run in the process that holds the sockets and are
imported there only. This package imports none of the shop's apps: `snapshots` and `feed_source` have hooks for where snapshots
come from, what is newest in the feed, and who must not see whom.
"""

from .publisher import flush, publish, publish_on_commit

__all__ = ["flush", "publish", "publish_on_commit"]
