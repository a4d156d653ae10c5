"""What the export, erasing and moderation need of members, their follows, blocks and mutes."""

from django.db.models import QuerySet

from community.people.models import Member
from community.people.pseudonymise import remove_from_staff_log
from community.people.subjects import Export, Reportable, Subject
from dropshop.core.members import Viewer, signed_in


def _visible(viewer: Viewer) -> QuerySet[Member]:
    found, member = Member.objects.filter(is_active=True), signed_in(viewer)
    return found.exclude(blocks__blocked=member) if member else found


def _forget(member: Member) -> set[str]:
    pictures = {name for name in Member.objects.filter(pk=member.pk).values_list("picture", flat=True) if name}
    emptied = ("bio", "geohash", "display_name", "picture", "time_zone", "language")
    Member.objects.filter(pk=member.pk).update(**dict.fromkeys(emptied, ""))
    remove_from_staff_log(Member, [member.pk])
    return pictures


def _shows_nothing(member: Member) -> bool:
    return not (member.bio or member.display_name or member.picture)


SUBJECT = Subject(
    exports={
        "follows": Export(
            lambda member: member.follows.order_by("pk"),
            ("member__username", "store__name", "sneaker__style_code", "size", "created_at"),
        ),
        "blocks": Export(lambda member: member.blocks.order_by("pk"), ("blocked__username", "created_at")),
        "mutes": Export(lambda member: member.mutes.order_by("pk"), ("muted__username", "created_at")),
    },
    forget=_forget,
    deletes=("follows", "followers", "blocks", "blocked_by", "mutes"),
    mentions=((Member, "bio"),),
    reportable=(
        Reportable(
            name="person",
            model=Member,
            owner="",
            visible=_visible,
            text=lambda member: "\n".join(filter(None, (member.display_name, member.bio))),
            yours="what you wrote about yourself",
            hidden="bio_hidden",  # to stop all writing, they are silenced
            is_gone=_shows_nothing,
            hiding="What they wrote about themselves, their display name and their picture are hidden from everybody at once. "
            "The rest of their page stays.",
            nothing_to_hide="They show nothing of themselves. To stop somebody from writing, silence them.",
        ),
    ),
)
