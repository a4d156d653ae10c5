"""A member's notices, and the e-mails that were written to them, for other rooms."""

from community.people.subjects import Export, Subject
from dropshop.core.outbox import write

SUBJECT = Subject(
    exports={
        "notices": Export(lambda member: member.notices.all(), ("kind", "text", "url", "created_at", "read_at")),
        "emails": Export(lambda member: member.emails.all(), ("kind", "to", "context", "status", "created_at", "settled_at")),
    },
    forget=write.forget,
    deletes=("notices",),
)
