"""Networks and devices of a member, for other rooms."""

from community.people.subjects import Export, Subject

SUBJECT = Subject(
    exports={"sightings": Export(lambda member: member.sightings.order_by("pk"), ("kind", "first_at", "last_at"))},
    deletes=("sightings",),
)
