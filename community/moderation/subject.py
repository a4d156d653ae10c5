"""What the export and erasing need of complaints and decisions. Erasing empties their words and keeps the rows."""

from community.moderation.complaints import owned_by, telling_of
from community.moderation.models import Complaint, ModerationAction
from community.notifications import notices
from community.people.models import Member
from community.people.pseudonymise import remove_from_staff_log
from community.people.subjects import Export, Subject


def _forget(member: Member) -> None:
    Complaint.objects.filter(by=member).update(text="")
    complained = Complaint.objects.filter(telling_of(member))
    complained.update(quote="", text="")
    decided = list(ModerationAction.objects.filter(telling_of(member)).values_list("pk", flat=True))
    ModerationAction.objects.filter(pk__in=decided).exclude(reason="").update(reason="")
    # Who rated the member was told what moderators decided about that rating, in the moderators' words.
    notices.remove_name(member, causes=[f"moderation:{pk}" for pk in decided])
    remove_from_staff_log(Complaint, complained.values_list("pk", flat=True))


SUBJECT = Subject(
    exports={
        "complaints": Export(lambda member: member.complaints.all(), ("reason", "text", "created_at", "closed_at")),
        # What staff decided about them and theirs; who complained is not told.
        "decisions": Export(
            lambda member: ModerationAction.objects.filter(owned_by(member)), ("action", "reason", "created_at")
        ),
        "silenced": Export(
            lambda member: Member.objects.filter(pk=member.pk).exclude(silenced_until=None), ("silenced_until",)
        ),
    },
    forget=_forget,
    mentions=((Complaint, "text"), (Complaint, "quote")),
)
