"""What staff see and do of the community: each room's own admin."""

from community.events.admin import EventAdmin
from community.feed_reader.admin import SourceAdmin
from community.karma import admin as karma
from community.moderation import admin as moderation
from community.pricing.admin import PricePointAdmin
from community.profiles import admin as profiles
from community.restocks.admin import RestockAdmin
from community.stores.admin import StoreAdmin
from community.trades import admin as trades

__all__ = [
    "EventAdmin",
    "PricePointAdmin",
    "RestockAdmin",
    "SourceAdmin",
    "StoreAdmin",
    "karma",
    "moderation",
    "profiles",
    "trades",
]
