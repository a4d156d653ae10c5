"""What was sent, or given up, long ago is forgotten."""

from datetime import datetime

from dropshop.core import pruning
from dropshop.core.outbox.models import Email


def forget_old(moment: datetime) -> int:
    """Deletes the e-mails that were settled before this moment; how many those were. What waits to be sent stays."""
    settled = Email.objects.exclude(status=Email.Status.WAITING).filter(settled_at__lt=moment)
    return pruning.prune(settled.order_by("settled_at"))
