"""How long this app keeps what it writes down (`dropshop.core.retention`)."""

from datetime import timedelta

from community.accounts import linked_accounts, tokens
from community.feed_reader import visits
from community.notifications import notices
from dropshop.core.retention import RetentionRule

RULES = {
    "sessions": RetentionRule(
        what="sessions, and how members signed in with them",
        since="they ended, or ran out",
        kept=lambda: timedelta(0),
        forget=tokens.forget_ended,
    ),
    "sightings": RetentionRule(
        what="networks and devices that members came from, as keyed hashes",
        since="they were last seen there",
        kept=lambda: linked_accounts.RETENTION,
        forget=linked_accounts.forget_old,
    ),
    "notices": RetentionRule(
        what="notices that were read",
        since="they were read",
        kept=lambda: notices.RETENTION,
        forget=notices.forget_read,
    ),
    "unread notices": RetentionRule(
        what="notices that nobody read",
        since="they were written",
        kept=lambda: notices.UNREAD_RETENTION,
        forget=notices.forget_unread,
    ),
    "hosts of feeds": RetentionRule(
        what="hosts of other stores' feeds",
        since="they were last read",
        kept=lambda: visits.HOST_RETENTION,
        forget=visits.forget_old,
    ),
}
