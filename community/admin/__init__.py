"""What staff see and do of the community, one file per subject."""

from . import events, member, moderation, trades

__all__ = ["events", "member", "moderation", "trades"]
from . import restock

__all__ = ["member", "moderation", "restock", "trades"]
