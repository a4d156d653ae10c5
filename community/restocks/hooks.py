"""What a report asks of the rooms above it: wants."""

from collections.abc import Callable

from community.restocks.models import Restock
from dropshop.core.hooks import Hook

# Somebody, or a feed, has reported this, or another size of it.
reported: Hook[Callable[[Restock], None]] = Hook("community.restocks.reported")
