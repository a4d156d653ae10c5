"""Forgetting who stood where, long after a drop: by then nobody asks why they got no pair."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from dropshop.core.pruning import prune
from reservations.queue.models import DropQueue, QueuePlace

KEPT = timedelta(days=365)


def forget_old(before: datetime) -> int:
    """Forgets the places of queues that were over before this moment; how many."""
    places = QueuePlace.objects.filter(drop=OuterRef("pk"))
    over = DropQueue.objects.filter(Exists(places), finished_at__lt=before).values_list("pk", flat=True)
    return sum(prune(QueuePlace.objects.filter(drop=drop_id).order_by("drop", "number")) for drop_id in over)
