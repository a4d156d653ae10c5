"""The people and what they do together, one file per subject."""

from .closet import Condition, Folder, Pair, PairMove, PairPicture, Visibility, Want
from .event import Attendance, Event
from .feed import Comment, FeedItem, Like, Post, PostPicture
from .karma import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule, KarmaTransfer
from .member import Member
from .moderation import Complaint, ModerationAction
from .monitor import Host, Offer, PricePoint, Source
from .notice import Notice, Telling
from .people import Block, Follow, Mute
from .restock import Restock, RestockVote, Store
from .sighting import Sighting
from .trade import Dispute, Rating, Shipment, Trade, TradeItem

__all__ = [
    "Attendance",
    "Block",
    "Comment",
    "Complaint",
    "Condition",
    "Dispute",
    "Event",
    "FeedItem",
    "Folder",
    "Follow",
    "Host",
    "KarmaAccount",
    "KarmaEntry",
    "KarmaLevel",
    "KarmaRule",
    "KarmaTransfer",
    "Like",
    "Member",
    "ModerationAction",
    "Mute",
    "Notice",
    "Offer",
    "Pair",
    "PairMove",
    "PairPicture",
    "Post",
    "PostPicture",
    "PricePoint",
    "Rating",
    "Restock",
    "RestockVote",
    "Shipment",
    "Sighting",
    "Source",
    "Store",
    "Telling",
    "Trade",
    "TradeItem",
    "Visibility",
    "Want",
]
