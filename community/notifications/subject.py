"""What the export and erasing need of notices and of e-mails to members."""

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from community.people.models import Member
from community.people.subjects import Export, Subject
from dropshop.core.outbox import suppression, write
from dropshop.core.outbox.models import Email


def _emails(member: Member) -> QuerySet[Email]:
    """Those of accounts once they are emptied: a code that still opens the account is for the mailbox alone."""
    return member.emails.exclude(kind=Email.ACCOUNT, context__isnull=False)


def _forget(member: Member) -> None:
    for known in {member.email, *EmailAddress.objects.filter(user=member).values_list("email", flat=True)}:
        suppression.forget(known)
    write.forget(member)


SUBJECT = Subject(
    exports={
        "notices": Export(lambda member: member.notices.all(), ("kind", "text", "url", "created_at", "read_at")),
        "emails": Export(_emails, ("kind", "to", "context", "status", "created_at", "settled_at")),
    },
    forget=_forget,
    deletes=("notices",),
)
