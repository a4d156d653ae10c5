"""What was sent, or given up, long ago is forgotten."""

from datetime import datetime, timedelta

from django.conf import settings

from dropshop.core import pruning
from dropshop.core.outbox import suppression
from dropshop.core.outbox.models import Email
from dropshop.core.retention import RetentionRule


def forget_old(before: datetime) -> int:
    """Deletes the e-mails that were settled before this moment; how many those were. What waits to be sent stays."""
    settled = Email.objects.exclude(status=Email.Status.WAITING).filter(settled_at__lt=before)
    return pruning.prune(settled.order_by("settled_at"))


RULES = {
    "e-mails": RetentionRule(
        what="e-mails", since="they were sent, or given up", kept=lambda: timedelta(days=settings.EMAIL_DAYS), forget=forget_old
    ),
    "suppressed addresses": RetentionRule(
        what="addresses that e-mails came back from, or where one was called unwanted",
        since="that was noted",
        kept=lambda: timedelta(days=suppression.KEPT_DAYS),
        forget=suppression.forget_old,
    ),
}
