"""What the community tells its members of. A kind of notice that stands in no group is never sent by e-mail."""

from dropshop.core.notice_groups import Group, Way

ACCOUNT = Group(
    "Your account and its security",
    hint="Always told at once.",
    way=Way.AT_ONCE,
    is_locked=True,
)
TRADES = Group(
    "Offers and trades",
    (
        *("trade-offer", "trade-counter", "trade-accepted", "trade-rejected", "trade-withdrawn", "trade-stale"),
        *("trade-sent", "trade-received", "trade-completed", "trade-reminder", "trade-overdue"),
        *("trade-dispute", "trade-verdict"),
    ),
    Way.AT_ONCE,
)
EVENTS = Group("Events you go to", ("event-changed", "event-cancelled", "event-soon", "event-in"), Way.AT_ONCE)
MODERATION = Group("Decisions about what you wrote", ("moderation",), Way.AT_ONCE)
WANTS = Group("A pair you want: shop or trade", ("want",))
RESTOCKS = Group("Restocks you follow", ("restock-reported", "restock-confirmed"))
REPLIES = Group("Replies and mentions", ("comment", "mention"))
REPORTS = Group("What came of your reports", ("restock-verdict", "complaint"))
KARMA = Group("Your level", ("karma-level",), Way.OFF)
STAFF = Group("Decisions that wait for you", ("staff-trade-dispute", "staff-trade-overdue", "staff-refund"), for_staff=True)

# In the order in which members read them.
GROUPS = {
    "account": ACCOUNT,
    "trades": TRADES,
    "events": EVENTS,
    "moderation": MODERATION,
    "wants": WANTS,
    "restocks": RESTOCKS,
    "replies": REPLIES,
    "reports": REPORTS,
    "karma": KARMA,
    "staff": STAFF,
}
