"""Members who can be written to, and what was written."""

from allauth.account.models import EmailAddress

from dropshop.core.outbox.models import Email


def confirm(*members):
    """Their addresses are confirmed."""
    EmailAddress.objects.bulk_create(
        EmailAddress(user=member, email=member.email, verified=True, primary=True) for member in members
    )


def written():
    """What waits in the outbox about notices: whom, the kind, and the texts."""
    rows = Email.objects.exclude(kind=Email.ACCOUNT).order_by("created_at", "pk")
    return [(row.to, row.kind, [notice["text"] for notice in (row.context or {"notices": []})["notices"]]) for row in rows]
