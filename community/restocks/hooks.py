"""What a report asks of the rooms above it: wants."""

from collections.abc import Callable

from community.restocks.models import Restock
from dropshop.core.hooks import Hook

# A member or a feed has reported this restock, or added a size to it.
reported: Hook[Callable[[Restock], None]] = Hook("community.restocks.reported")
