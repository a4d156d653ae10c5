"""What the export and erasing need of notices and of e-mails to members."""

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
