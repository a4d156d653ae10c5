"""The people and what they do together, one file per subject."""

from community.accounts.models import Sighting
from community.closet.models import Folder, Pair, PairPicture, Visibility
from community.events.models import Attendance, Event
from community.feed.models import Comment, FeedItem, Like, Post, PostPicture
from community.feed_reader.models import Host, Offer, Source
from community.karma.models import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule, KarmaTransfer
from community.moderation.models import Complaint, ModerationAction
from community.notice_emails.models import EmailChoice, EmailTimes, WaitingNotice
from community.notifications.models import Notice, Telling
from community.people.models import Block, Follow, Member, Mute
from community.pricing.condition import Condition
from community.pricing.models import PricePoint
from community.restocks.models import Restock, RestockVote
from community.stores.models import Store
from community.trades.models import Dispute, PairMove, Rating, Shipment, Trade, TradeItem
from community.wants.models import Want

__all__ = [
    "Attendance",
    "Block",
    "Comment",
    "Complaint",
    "Condition",
    "Dispute",
    "EmailChoice",
    "EmailTimes",
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
    "WaitingNotice",
    "Want",
]
