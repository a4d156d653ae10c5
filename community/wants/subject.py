"""What the export and erasing need of wants."""

from community.people.subjects import Export, Subject

SUBJECT = Subject(
    exports={
        "wants": Export(
            lambda member: member.wants.all(),
            ("sneaker__style_code", "sizes", "worst_condition", "highest_price", "currency", "created_at"),
        )
    },
    deletes=("wants",),
)
