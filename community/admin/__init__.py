"""What staff see and do of the community, one file per subject."""

from . import events, member, moderation, monitor, restock, trades

__all__ = ["events", "member", "moderation", "monitor", "restock", "trades"]
