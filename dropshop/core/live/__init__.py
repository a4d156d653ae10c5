"""The live push: deeds publish after commit, one hub per process delivers to every screen it serves.

`publish` is what deeds use; `hub`, `room`, `viewer` and `socket` run in the process that holds the sockets and are
imported there only. This package imports none of the shop's apps: `drops` registers where snapshots come from,
`community` what is newest in the feed and who must not see whom.
"""

from .feed_source import register_feed_gate, register_feed_source
from .publisher import flush, publish, publish_on_commit
from .snapshots import register_snapshot_source

__all__ = [
    "flush",
    "publish",
    "publish_on_commit",
    "register_feed_gate",
    "register_feed_source",
    "register_snapshot_source",
]
