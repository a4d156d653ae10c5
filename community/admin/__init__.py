"""What staff see and do of the community, one file per subject."""

from . import member, moderation, trades

__all__ = ["member", "moderation", "trades"]
