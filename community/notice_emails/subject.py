"""What the export and erasing need of a member's choices about e-mails."""

from community.notice_emails.models import EmailTimes
from community.people.models import Member
from community.people.subjects import Export, Subject


def _forget(member: Member) -> None:
    EmailTimes.objects.filter(member=member).delete()


SUBJECT = Subject(
    exports={
        "email_choices": Export(lambda member: member.email_choices.order_by("pk"), ("group_name", "way")),
        "email_times": Export(
            lambda member: EmailTimes.objects.filter(member=member), ("quiet_from", "quiet_until", "digest_hour")
        ),
    },
    forget=_forget,
    deletes=("email_choices", "waiting_notices"),
)
