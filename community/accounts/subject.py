"""What the export and erasing need of the networks and devices on which members were seen."""

from community.people.subjects import Export, Subject

SUBJECT = Subject(
    exports={"sightings": Export(lambda member: member.sightings.order_by("pk"), ("kind", "first_at", "last_at"))},
    deletes=("sightings",),
)
