"""The shop whose desk takes one wish at a time: what the regression guard must notice, and its control."""

from dropshop.asgi import application
from reservations import desk

desk.BATCH_MAX = 1

__all__ = ["application"]
