"""What staff see and do of the community, one file per subject."""

from . import member

__all__ = ["member"]
