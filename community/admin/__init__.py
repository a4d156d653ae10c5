"""What staff see and do of the community, one file per subject."""

from . import events, karma, member, moderation, monitor, restock, trades

__all__ = ["events", "karma", "member", "moderation", "monitor", "restock", "trades"]
