"""A member's notices, for other rooms."""

from community.people.subjects import Export, Subject

SUBJECT = Subject(
    name="notifications",
    exports={"notices": Export(lambda member: member.notices.all(), ("kind", "text", "url", "created_at", "read_at"))},
    deletes=("notices",),
)
