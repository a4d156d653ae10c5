"""The shop whose desk takes one wish at a time: what the regression guard must notice, and its control."""

from dropshop.asgi import application
from reservations.desk import group_commit

group_commit.MAX_BATCH = 1

__all__ = ["application"]
